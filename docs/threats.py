"""Writes docs/threats.md from docs/threats.toml and the tests in the tree: ``./run docs``.

A test in tests/attacks carries the number of its case in its name, so the page finds it by itself. Every other test is
listed in the TOML file. ``tests/house/test_threats.py`` checks that the page is up to date and that each test exists.
"""

from __future__ import annotations

import ast
import re
import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "threats.md"
ATTACKS = ROOT / "tests" / "attacks"
WIDTH = 120

INTRODUCTION = """\
<!-- ./run docs writes this page from docs/threats.toml -->
# Threats

Each attack and fault that valetkey must survive has a number, a sentence on what happens, a sentence on what holds it,
and the tests that show it. C1 to C61 concern any login; O1 to O35 concern OAuth 2.0 and OpenID Connect.

An attack test runs against the app in the [README](../README.md), with no options set, and against a provider that is
as lenient as X is said to be. It asserts what the provider was asked and what the database holds; a control beside it
succeeds. The provider of O1 to O35 is the test's own and says whatever the attack needs (`tests/support/hostile.py`).
`tests/story/test_bindings.py` removes each of the five checks that bind a login and sees its attack succeed.
`tests/protocol/test_conformance.py` plays the modules of the OpenID Foundation's conformance suite for relying parties.

To report a weakness, see [SECURITY.md](../SECURITY.md).
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One entry of the TOML file.

    ``tests`` are paths below the repository, with ``::name`` where one function is meant. ``later`` is true where the
    tests of a case are still to be written.
    """

    id: str
    title: str
    attack: str
    holds: str
    tests: tuple[str, ...]
    untested: str | None
    later: bool


@dataclass(frozen=True, kw_only=True)
class Subject:
    title: str
    text: str
    cases: tuple[Case, ...]


def read() -> list[Subject]:
    """Every subject of the TOML file, each case with all its tests."""
    source = tomllib.loads((ROOT / "docs" / "threats.toml").read_text())
    return [
        Subject(
            title=subject["title"],
            text=" ".join(subject["text"].split()),
            cases=tuple(_case(case) for case in subject["case"]),
        )
        for subject in source["subject"]
    ]


def _case(case: dict[str, str | list[str] | bool]) -> Case:
    named = {str(key): case[key] for key in ("id", "title", "attack", "holds")}
    tests = case.get("tests", ())
    listed = [str(test) for test in tests] if isinstance(tests, list) else []
    untested = case.get("untested")
    return Case(
        **{key: str(value) for key, value in named.items()},
        tests=(*attacks_on(str(case["id"])), *listed),
        untested=str(untested) if untested else None,
        later=bool(case.get("later", False)),
    )


def attacks_on(case: str) -> list[str]:
    """The files in tests/attacks that carry the number of a case: ``test_c05_….py`` for C5."""
    number = f"{case[0].lower()}{int(case[1:]):02}"
    return [f"tests/attacks/{file.name}" for file in sorted(ATTACKS.glob(f"test_{number}_*.py"))]


def functions_of(file: Path) -> set[str]:
    """The names of the tests that a file defines, in classes too."""
    return {
        node.name
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_")
    }


def page() -> str:
    """The whole of docs/threats.md."""
    parts = [INTRODUCTION]
    for subject in read():
        parts.append(f"## {subject.title}\n\n{_filled(subject.text)}\n")
        parts += [_shown(case) for case in subject.cases]
    return "\n".join(parts)


def _shown(case: Case) -> str:
    paragraph = _filled(f"**{case.id} {case.title}.** {case.attack} *{_label(case)}* {case.holds}")
    tests = [_link(test) for test in case.tests]
    lines = [case.untested] if case.untested else []
    if tests:
        lines.append(f"Tests: {', '.join(tests)}")
    # One line each: a link that is wrapped cannot be searched for.
    return "\n".join([paragraph, *(f"- {line}" for line in lines), ""])


def _label(case: Case) -> str:
    return "Must hold:" if case.later else "Holds:"


def _link(test: str) -> str:
    path, _, name = test.partition("::")
    folders = [folder for folder in Path(path).parts[1:-1] if folder != "attacks"]
    label = "/".join([*folders, re.sub(r"^test_", "", Path(path).stem)])
    return f"[{name or label}](../{path})"


def _filled(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def main() -> None:
    PAGE.write_text(page())
    print(PAGE.relative_to(ROOT))


if __name__ == "__main__":
    main()
