"""What the documents say is true."""

from __future__ import annotations

import re
from pathlib import Path

from valetkey.errors import known_errors
from valetkey.settings.variables import VARIABLES

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


def test_the_long_forms_were_run() -> None:
    """The table of docs/reliability.md is there, each part in it has what was run, what came of it, when, and on which
    commit of ours; and no part stands there that nobody can run."""
    import soak

    page = (ROOT / "docs/reliability.md").read_text()
    assert page.count(soak.BEGIN) == page.count(soak.END) == 1
    rows = [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in soak.rows_of(page)]
    assert {row[0] for row in rows} == set(soak.PARTS)
    for row in rows:
        assert len(row) == 5
        assert all(row)
        assert re.search(r"\d", row[1])
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", row[3])
        assert re.fullmatch(r"[0-9a-f]{7,40}", row[4])


def test_the_variables_of_the_settings_page_are_those_that_are_read() -> None:
    page = (ROOT / "docs/settings.md").read_text()
    written = set(re.findall(r"\b(?:TWITTER|FLICKR|VALETKEY)_[A-Z_]+", page))
    assert written == VARIABLES


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
