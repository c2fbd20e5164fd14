"""docs/deploy/README.md names every framework, mount and server that is played, and no other, and no cell is silent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.deployed import Outcome
from support.deployed_table import BEGIN, END, MOUNTS, PAGE, ROWS, between_marks, faults, legend, outcomes_of
from support.deployments import ALL, FRAMEWORKS, SERVERS

TEXT = PAGE.read_text()
WRITTEN = outcomes_of(TEXT)


def test_the_table_has_every_cell_that_is_played_and_no_other() -> None:
    assert [*WRITTEN] == [(one.framework, one.server, one.mount) for one in ALL]
    assert {framework for framework, _, _ in WRITTEN} == {*FRAMEWORKS}
    assert {server for _, server, _ in WRITTEN} == {one.name for one in SERVERS}
    assert {mount for _, _, mount in WRITTEN} == {*MOUNTS}
    assert len(ROWS) == len({(framework, server) for framework, server, _ in WRITTEN})


def test_it_is_what_a_run_with_these_outcomes_writes() -> None:
    """If it is not, ``./run docs deploy`` writes it."""
    written = TEXT.partition(BEGIN)[2].partition(END)[0]
    stamp = written.rstrip().rpartition("\n")[2]
    assert written == f"\n\n{legend()}\n\n{between_marks(WRITTEN, stamp)}\n"
    assert stamp.startswith("Played on 20")
    assert " on commit " in stamp


def test_each_cell_is_signed_in_or_has_a_sentence() -> None:
    assert faults(WRITTEN) == []


@pytest.mark.parametrize("ends", [Outcome(), Outcome(sentence="Something.")], ids=["silent", "stopped"])
def test_a_cell_that_should_sign_in_and_does_not_is_a_fault(ends: Outcome) -> None:
    at = ("FastAPI", "uvicorn", "root")
    (fault,) = faults(WRITTEN | {at: ends})
    assert fault == f"FastAPI, uvicorn, root: {ends.sentence or 'silent'}"
    assert replace(outcomes_of(f"{BEGIN}\n{between_marks({at: ends}, '')}{END}")[at]) == ends


def test_a_mistake_that_is_silent_is_a_fault() -> None:
    assert faults({("Flask", "uWSGI", "forgotten"): Outcome()}) == ["Flask, uWSGI, forgotten: silent"]
