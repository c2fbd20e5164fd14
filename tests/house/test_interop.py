"""docs/interop.md names every program that others wrote, by the version that is locked, and says something of each."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from interop.partners import PARTNERS
from interop.peers import PEERS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "interop.md").read_text()
TABLES = [
    [[cell.strip(" ") for cell in line.strip("|").split("|")] for line in table.splitlines()]
    for table in re.findall(r"(?:^\|.+\|\n)+", PAGE, re.MULTILINE)
]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    """docs/interoperability.py."""
    spec = importlib.util.spec_from_file_location("interoperability", ROOT / "docs" / "interoperability.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_program_is_there_with_its_version() -> None:
    servers, _, clients = TABLES
    assert [row[:2] for row in servers[2:]] == [[one.name, one.version] for one in PARTNERS]
    assert [row[:2] for row in clients[2:]] == [[one.name, one.version] for one in PEERS]


def test_no_cell_is_empty_and_none_fails() -> None:
    for header, _, *rows in TABLES:
        assert rows
        for row in rows:
            assert len(row) == len(header)
            assert all(row), row
    assert "FAILS" not in PAGE


def test_the_page_is_what_a_run_in_which_all_passes_writes(generator: ModuleType) -> None:
    """If it is not, ``./run docs interop`` writes it."""
    assert generator.page(lambda test, **_: True) == PAGE


def test_a_cell_whose_test_does_not_pass_says_so(generator: ModuleType) -> None:
    """And every test that a cell stands for exists."""
    asked = set()

    def passed(test: str, **_: str) -> bool:
        asked.add(test)
        return False

    assert generator.page(passed).count("FAILS") > 100
    written = "".join(file.read_text() for file in (ROOT / "tests" / "interop").glob("test_*.py"))
    assert asked <= {*re.findall(r"^def (test_\w+)", written, re.MULTILINE)}
