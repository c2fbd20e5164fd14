"""Plays the checks on one record, and says what holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...models import Identity
from . import addresses, bindings, errors, profiles, sign_in, subjects
from .candidate import Candidate, Refused
from .check import Check, Note, Result

GROUPS: Mapping[str, tuple[Check, ...]] = {
    "sign-in": (*sign_in.CHECKS, *addresses.CHECKS),
    "errors": errors.CHECKS,
    "profiles": profiles.CHECKS,
    "subjects": subjects.CHECKS,
    "bindings": bindings.CHECKS,
}
"""The checks, by group."""
UNPLAYED = "It was not played, since no user can sign in yet."


def play(candidate: Candidate, *groups: str) -> list[Result]:
    """Play checks.

    Args:
        candidate: the record.
        groups: of ``GROUPS``. None: all.

    Returns:
        What each found. Where nobody can sign in, the first says why, and the others are not played.
    """
    results: list[Result] = []
    for group in groups or GROUPS:
        for check in GROUPS[group]:
            said = list(_said(check, candidate))
            notes = tuple(one for one in said if isinstance(one, Note))
            results.append(Result(check=check, faults=tuple(one for one in said if one not in notes), notes=notes))
    return results


def _said(check: Check, candidate: Candidate) -> Iterator[str]:
    try:
        if candidate.first.outcome.landed or not check.needs_login:
            yield from check.play(candidate)
        else:
            yield UNPLAYED
    except Refused as fault:
        yield str(fault)


def row_of(identity: Identity | None, played: str) -> str:
    """Return a line that says who was signed in."""
    if identity is None:
        return f"{played:16} nobody"
    email = f"{identity.email} ({'verified' if identity.email_verified else 'not verified'})" if identity.email else "-"
    picture = "picture" if identity.picture else "-"
    cells = (identity.handle or "-", identity.name or "-", picture, email)
    return f"{played:16} {identity.subject:48} {'  '.join(cells)}"
