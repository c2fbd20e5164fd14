"""docs/architecture.md shows the states of a login as ``valetkey.login.states`` has them."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from support.docs_programs import docs_program

from valetkey.login.states import STATES, TRANSITIONS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text()


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    """docs/states.py."""
    return docs_program("states")


def test_the_page_is_up_to_date(generator: ModuleType) -> None:
    """If it is not, ``./run docs`` writes it."""
    assert generator.page(PAGE) == PAGE


def test_picture_and_table_are_the_same(generator: ModuleType) -> None:
    """Read from the page itself: each arrow of the picture is a row, and each row is an arrow or happens everywhere."""
    diagram = PAGE.partition("stateDiagram-v2\n")[2].partition("```")[0]
    arrows = set()
    for line in diagram.strip().splitlines()[1:]:
        states, _, event = line.strip().partition(": ")
        state, _, leads_to = states.partition(" --> ")
        arrows.add((state, event, leads_to))
    rows = set()
    table = PAGE.partition("| event | in state | leads to | the cookie |\n|---|---|---|---|\n")[2].partition("\n<!--")[
        0
    ]
    everywhere = {event.value for event in generator.EVERYWHERE}
    for line in table.splitlines():
        event, states, leads_to, _ = (cell.strip() for cell in line.strip("|").split("|"))
        if event not in everywhere and leads_to != "the same":
            rows |= {(state, event, leads_to) for state in states.split(", ")}
    assert arrows == rows
    assert len(arrows) > 20


def test_every_state_is_shown() -> None:
    for state in STATES:
        assert f"\n| {state.value} | " in PAGE
        assert any(state in (before, step.next) for (before, _), step in TRANSITIONS.items())
