"""The pages of the providers are what docs/catalogue.py would write from the records.

The rows of what comes back are taken from the pages here. tests/testing/test_catalogue.py compares them with logins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from types import ModuleType

import pytest
from support.docs_programs import ROOT, docs_program

from valetkey.providers.record.built_in import RECIPES


@pytest.fixture(scope="module")
def catalogue() -> ModuleType:
    return docs_program("catalogue")


def test_the_pages_are_up_to_date(catalogue: ModuleType) -> None:
    """Each provider's page, the tables of docs/providers.md, and the one of docs/email.md."""
    pages = catalogue.written(catalogue.rows_on_pages())
    stale = _names(file for file, text in pages.items() if not file.exists() or file.read_text() != text)
    assert stale == "", "run ./run docs"


def test_no_page_is_of_a_provider_that_is_gone(catalogue: ModuleType) -> None:
    left = _names({*catalogue.PAGES.iterdir()} - {*catalogue.written(catalogue.rows_on_pages())})
    assert left == "", "run ./run docs"


def test_a_check_that_a_provider_takes_away_is_said() -> None:
    """On its page and in docs/providers.md. All others have PKCE, and a nonce with their ID tokens."""
    index = (
        (ROOT / "docs/providers.md").read_text().partition("## With and without an ID token")[2].partition("\n## ")[0]
    )
    lacking = {
        name: recipe.title
        for name, recipe in RECIPES.items()
        if not getattr(recipe.make, "pkce", True) or not getattr(recipe.make, "returns_nonce", True)
    }
    assert {"linkedin", "slack", "yahoo"} <= set(lacking)
    for name, title in lacking.items():
        page = (ROOT / f"docs/providers/{name}.md").read_text()
        assert title in index
        assert "PKCE" in page
        assert "nonce" in page


def test_there_are_sixty() -> None:
    """As README.md says."""
    assert "sixty" in (ROOT / "README.md").read_text()
    assert 60 <= len(RECIPES) < 70


def test_a_provider_is_a_small_file() -> None:
    """A file of facts. What it needs beside them belongs into ``record/``."""
    sizes = [len((ROOT / f"src/valetkey/providers/{name}.py").read_text().splitlines()) for name in RECIPES]
    assert median(sizes) <= 40


def test_the_colors_of_a_button_have_a_source() -> None:
    """A comment beside them says which: a page, the provider's own buttons, or our choice. Or the page says it."""
    source = re.compile(r"# .*([a-z]\.[a-z]{2}|\.\.\./|branding guidelines|own (choice|buttons)|brand blue)")
    for name, recipe in RECIPES.items():
        lines = (ROOT / f"src/valetkey/providers/{name}.py").read_text().splitlines()
        at = next(number for number, line in enumerate(lines) if "Colors(light" in line)
        said = any(source.search(line) for line in lines[at - 1 : at + 1])
        assert said is not ("The colors of the button." in recipe.unverified), name


def _names(files: Iterable[Path]) -> str:
    return ", ".join(sorted(str(file.relative_to(ROOT)) for file in files))
