"""What the documents say is true."""

from __future__ import annotations

import re
from pathlib import Path

from valetkey.errors import known_errors
from valetkey.providers.record.built_in import RECIPES
from valetkey.providers.record.by_issuer import recipe_of
from valetkey.settings.variables import shipped_variables
from valetkey.web.module_errors import MODULE_ERRORS

ROOT = Path(__file__).parents[2]


def test_every_error_stands_in_the_table() -> None:
    """With its status, its message and its hint, and no other code does. ``./run docs`` writes the rows."""
    rows = re.findall(r"^(\| `\w+` \| \d+ \| .+ \|)$", (ROOT / "docs/errors/README.md").read_text(), re.MULTILINE)
    errors = known_errors().items()
    expected = [f"| `{code}` | {kind.status} | {kind.message} | {kind.hint} |" for code, kind in errors]
    assert sorted(rows) == sorted(expected)


def test_every_error_has_words() -> None:
    for code, kind in known_errors().items():
        error = kind("a hint") if code == "settings" or code == "wrong_host" else kind()
        assert re.fullmatch(r"[a-z_]+", code)
        assert error.message.endswith(".")
        assert error.hint
        assert 400 <= error.status < 600


def test_the_modules_own_errors_are_the_same_everywhere() -> None:
    """In the source of the module, in its types and its page, in the backend's list, and in docs/errors."""
    own, known = {one.code for one in MODULE_ERRORS}, set(known_errors())
    assert own.isdisjoint(known)
    source = (ROOT / "client/src/errors.js").read_text().partition("const OWN = {")[2].partition("\n};")[0]
    in_source = set(re.findall(r"^  (\w+): \[", source, re.MULTILINE))
    assert in_source - known == own
    types = (ROOT / "client/src/client.d.ts").read_text().partition("export type SignInErrorCode =")[2]
    in_types = set(re.findall(r'"(\w+)"', types.partition(";")[0]))
    page = (ROOT / "client/README.md").read_text().partition("| code | when |\n")[2].partition("\n\n")[0]
    on_page = {code for row in re.findall(r"^\| (`.+?) \|", page, re.MULTILINE) for code in re.findall(r"`(\w+)`", row)}
    assert in_types - known == on_page - known == own
    assert in_types == on_page
    rows = (ROOT / "docs/errors/README.md").read_text().partition("\n## In the browser\n")[2]
    expected = [(one.code, one.message, one.hint) for one in MODULE_ERRORS]
    assert re.findall(r"^\| `(\w+)` \| (.+?) \| (.+) \|$", rows, re.MULTILINE) == expected


def test_the_long_forms_were_run() -> None:
    """The table of docs/reliability.md is there, each part in it has what was run, what came of it, when, and on which
    commit of ours; and no part stands there that nobody can run."""
    import soak

    page = (ROOT / "docs/reliability.md").read_text()
    assert page.count(soak.BEGIN) == page.count(soak.END) == 1
    rows = [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in soak.rows_of(page)]
    assert {row[0].partition(":")[0] for row in rows} == set(soak.PARTS)
    for row in rows:
        assert len(row) == 5
        assert all(row)
        assert re.search(r"\d", row[1])
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", row[3])
        assert re.fullmatch(r"[0-9a-f]{7,40}", row[4])


def test_the_variables_of_the_settings_page_are_those_that_are_read() -> None:
    """Each is there by its name or by a pattern with ``{NAME}``, or on its provider's page. The page names no other."""
    page = (ROOT / "docs/settings.md").read_text()
    names = [name.upper() for name in RECIPES]
    written = set(re.findall(rf"\b(?:{'|'.join(names)}|VALETKEY)_[A-Z_]+", page))
    patterns = set(re.findall(r"[A-Z_]*\{NAME\}[A-Z_]+", page))
    of_patterns = {
        pattern: {pattern.replace("{NAME}", name) for name in names} & shipped_variables() for pattern in patterns
    }
    own = {
        name
        for provider in RECIPES
        for name in re.findall(
            r"^\| `([A-Z0-9_]+)` \|", (ROOT / f"docs/providers/{provider}.md").read_text(), re.MULTILINE
        )
    }
    general = written.union(*of_patterns.values())
    assert general | own == shipped_variables()
    assert {name.partition("_")[0].lower() for name in own - general} <= set(RECIPES)
    assert len(patterns) == 13
    assert all(len(found) > 1 for found in of_patterns.values())
    described = set(re.findall(r"\bACME_[A-Z_]+", page))
    assert described == {one.name for one in recipe_of("acme").variables}


def test_every_provider_has_its_address_to_register() -> None:
    """The one that the settings give the provider, and that ``valetkey serve`` prints."""
    page = (ROOT / "docs/providers.md").read_text()
    rows = dict(re.findall(r"^\| \[.*?\| `([a-z0-9]+)` \| `(https:[^`]+)` \|$", page, re.MULTILINE))
    assert set(rows) == set(RECIPES)
    for name, address in rows.items():
        assert address == f"https://app.example.com/auth/{name}" + ("/return" if name == "apple" else "")


def test_every_promise_has_its_tests() -> None:
    """Every test that docs/reliability.md names beside a promise exists, and so does each one of a range."""
    promises = (ROOT / "docs/reliability.md").read_text().partition("## What it promises")[2].partition("\n## ")[0]
    ranges = re.findall(r"`test_c(\d\d)_…` to `test_c(\d\d)_…`", promises)
    named = [f"test_c{number:02}_…" for first, last in ranges for number in range(int(first), int(last) + 1)]
    named += re.findall(r"`((?:tests/|test_)[^`]+)`", promises)
    assert len(named) > 40
    missing = []
    for name in named:
        pattern = name.removeprefix("tests/").removesuffix("/").replace("….py", "*.py").replace("…", "*")
        where = ROOT / "tests"
        if not [*where.glob(pattern), *where.glob(f"*/{pattern}")]:
            missing.append(name)
    assert missing == []


def test_documents_are_in_plain_english() -> None:
    """None of the words that the glossary replaced. The errors' own words are in ``errors/``."""
    replaced = re.compile(r"\b(whoever|shall|so manieth|people of|told|the jar|the mirror)\b", re.IGNORECASE)
    found = []
    for file in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "examples/README.md"]:
        lines = file.read_text().splitlines()
        if file.parent.name == "errors":
            lines = [line for line in lines if not line.startswith("| `")]
        found += [f"{file.relative_to(ROOT)}: {line[:80]}" for line in lines if replaced.search(line)]
    assert found == []
