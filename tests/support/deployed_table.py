"""What docs/deploy/README.md has between its marks: the table of deployments, written and read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .deployed import Outcome
from .deployments import MOUNTS, ROWS, WRONG

PAGE = Path(__file__).parents[2] / "docs" / "deploy" / "README.md"
BEGIN, END = "<!-- deployments: ./run docs deploy writes what stands below -->", "<!-- deployments: end -->"
SIGNED_IN, FAILS, NO_CELL = "signed in", "**FAILS**", "–"
FIRST_WORDS = 4

Cell = tuple[str, str, str]
"""A framework, a server and a mount, by their names."""


def between_marks(outcomes: Mapping[Cell, Outcome], stamp: str) -> str:
    """What stands between the marks.

    Args:
        outcomes: by cell. A cell that is not there makes no sense.
        stamp: versions, date and commit.
    """
    sentences = list(dict.fromkeys(one.sentence for one in outcomes.values() if one.sentence))

    def shown(cell: Cell) -> str:
        outcome = outcomes.get(cell)
        if outcome is None:
            return NO_CELL
        if outcome.is_signed_in:
            return SIGNED_IN
        if not outcome.sentence:
            return FAILS
        words = " ".join(outcome.sentence.split()[:FIRST_WORDS])
        return f"“{words} …” [{sentences.index(outcome.sentence) + 1}]"

    rows = [
        ["framework", "server", *MOUNTS],
        ["---"] * (2 + len(MOUNTS)),
        *([framework, server, *(shown((framework, server, mount)) for mount in MOUNTS)] for framework, server in ROWS),
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows).replace("| --- ", "|---").replace("|--- |", "|---|")
    notes = "\n".join(f"{number}. `{one.replace('`', '')}`" for number, one in enumerate(sentences, 1))
    return f"{table}\n\nThe sentences, as they are in the log:\n\n{notes}\n\n{stamp}\n"


def outcomes_of(text: str) -> dict[Cell, Outcome]:
    """What a page's table says of each cell. One that fails is an outcome of neither kind."""
    _, _, written = text.partition(BEGIN)
    lines = written.partition(END)[0].splitlines()
    header, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line[:1] == "|"]
    notes = dict(line.split(". ", 1) for line in lines if line[:1].isdigit())
    outcomes = {}
    for framework, server, *cells in rows:
        for mount, cell in zip(header[2:], cells, strict=True):
            if cell != NO_CELL:
                note = notes.get(cell.rpartition("[")[2].rstrip("]"), "").strip("`")
                outcomes[framework, server, mount] = Outcome(is_signed_in=cell == SIGNED_IN, sentence=note)
    return outcomes


def legend() -> str:
    """What the columns mean."""
    return "\n".join(f"- **{mount}**: {meaning}." for mount, meaning in MOUNTS.items())


def faults(outcomes: Mapping[Cell, Outcome]) -> list[str]:
    """Cells that end without a word, and those that should sign in and do not."""
    return [
        f"{framework}, {server}, {mount}: {outcome.sentence or 'silent'}"
        for (framework, server, mount), outcome in outcomes.items()
        if not outcome.is_signed_in and not (outcome.sentence and (mount in WRONG or "trio" in server))
    ]


def write(outcomes: Mapping[Cell, Outcome], stamp: str) -> None:
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{legend()}\n\n{between_marks(outcomes, stamp)}\n{END}{rest.partition(END)[2]}")
