"""One question that is put to a record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .candidate import Candidate


class Note(str):
    """A sentence that is no fault: what cannot be found out at this provider."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Check:
    """A check.

    Args:
        name: what must hold, as a sentence without its full stop.
        play: yields a sentence for each fault, or a ``Note``.
        look: where a developer looks when it does not hold.
        needs_login: whether it can be played only if users can sign in.
    """

    name: str
    play: Callable[[Candidate], Iterator[str]]
    look: str
    needs_login: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one check found.

    Args:
        check: the check.
        faults: a sentence for each. Empty: it holds.
        notes: what could not be found out.
    """

    check: Check
    faults: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.faults
