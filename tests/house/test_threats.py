"""docs/threats.md names every case, and every test that it names exists."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from support.docs_programs import docs_program

ROOT = Path(__file__).parents[2]
NUMBERS = [*(f"C{number}" for number in range(1, 62)), *(f"O{number}" for number in range(1, 36))]


@pytest.fixture(scope="module")
def threats() -> ModuleType:
    """The generator, docs/threats.py."""
    return docs_program("threats")


def test_every_case_is_there_once(threats: ModuleType) -> None:
    found = [case.id for subject in threats.read() for case in subject.cases]
    assert sorted(found, key=NUMBERS.index) == NUMBERS


def test_every_case_has_its_sentences_and_its_tests(threats: ModuleType) -> None:
    """A case without a test says why; one that applies later has no test yet."""
    for subject in threats.read():
        assert subject.text.endswith(".")
        for case in subject.cases:
            assert case.attack.endswith((".", "?")), case.id
            assert case.holds.endswith("."), case.id
            assert case.later or case.tests or case.untested, case.id
            assert not (case.later and case.tests), f"{case.id} has tests: it no longer applies later"
            assert len(set(case.tests)) == len(case.tests), case.id


def test_every_test_that_is_named_exists(threats: ModuleType) -> None:
    missing = []
    for subject in threats.read():
        for case in subject.cases:
            for test in case.tests:
                path, _, name = test.partition("::")
                functions = threats.functions_of(ROOT / path) if (ROOT / path).is_file() else set()
                if not functions or (name and name not in functions):
                    missing.append(f"{case.id}: {test}")
    assert missing == []


def test_every_attack_stands_in_a_case(threats: ModuleType) -> None:
    named = {test.partition("::")[0] for subject in threats.read() for case in subject.cases for test in case.tests}
    files = {f"tests/attacks/{file.name}" for file in (ROOT / "tests/attacks").glob("test_*.py")}
    assert len(files) > 50
    assert files - named == set()


def test_the_page_is_what_the_generator_writes(threats: ModuleType) -> None:
    """If it is not: ``./run docs``."""
    assert threats.PAGE.read_text() == threats.page()
