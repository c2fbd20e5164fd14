"""Does what is only displayed stay display? Nothing of it may fail a login, and no address is verified by accident."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

from ...models import Identity
from .candidate import Candidate
from .check import Check
from .users import HOSTILE_TEXT
from .watching import Path, other, shown

_NO_TEXTS = ("None", "null", "undefined", "")
# Flags that say no, and flags that say nothing. bool("false") is True in Python.
_UNVERIFIED: tuple[Any, ...] = (False, None, 0, "false", "False", "0", "no", "", [], [False], {}, {"verified": False})
_ODD: tuple[Any, ...] = (..., None, 7, -1.5, True, "", "\n", "\ud800", [], [7], {}, {"x": 7}, "x" * 10_000)


def needs_no_extras(candidate: Candidate) -> Iterator[str]:
    """A user without e-mail address, name and picture."""
    seen = candidate.signs_in("bare")
    identity = seen.outcome.identity
    if identity is None:
        yield f"A user without e-mail address, name and picture could not sign in. {seen.said()}"
        return
    yield from _invented(identity)
    if identity.email is not None or identity.email_verified:
        yield "A user without an e-mail address got one."


def needs_no_member(candidate: Candidate) -> Iterator[str]:
    """Every member that is only displayed is missing."""
    paths = display_paths(candidate)
    with candidate.altering(remove=[list(one) for one in reversed(paths)]):
        seen = candidate.signs_in()
    if seen.outcome.account != candidate.first.outcome.account:
        listed = ", ".join(map(shown, paths))
        yield f"Without {listed}, the user must sign in all the same. {seen.said()}"
    elif seen.outcome.identity is not None:
        yield from _invented(seen.outcome.identity)


def bears_odd_members(candidate: Candidate) -> Iterator[str]:
    """Each member that is only displayed has another type, or a hostile text."""
    replies = candidate.first.replies
    known = replies.profile()
    for path in display_paths(candidate):
        for value in (*_ODD, HOSTILE_TEXT, "javascript:alert(1)"):
            if not _fails(candidate, path, value):
                continue
            change = {"remove": [list(path)]} if value is ... else {"set": [[list(path), value]]}
            with candidate.altering(**change):
                seen = candidate.signs_in()
            if seen.outcome.account != candidate.first.outcome.account:
                what = "is missing" if value is ... else f"is {_spelled(value)}"
                yield f"{shown(path)} is only displayed. Where it {what}, the login failed. {seen.said()}"
                break
    if known is not None and known.picture is not None and not known.picture.startswith(("https://", "http://")):
        yield "The picture is no address that a page may load."


def cleans_a_hostile_name(candidate: Candidate) -> Iterator[str]:
    """A name with line ends, half characters, markup and ten thousand letters, as it comes over the wire."""
    seen = candidate.signs_in("hostile")
    if not seen.outcome.landed:
        yield f"A user with a hostile name could not sign in. {seen.said()}"
    texts = [path for path in display_paths(candidate) if isinstance(candidate.first.replies.value(path), str)]
    with candidate.altering(set=[[list(path), candidate.hostile_text] for path in texts]):
        wire = candidate.signs_in()
    if wire.outcome.account != candidate.first.outcome.account:
        yield f"With a hostile text in {', '.join(map(shown, texts))}, the login failed. {wire.said()}"
    for identity in (seen.outcome.identity, wire.outcome.identity):
        for text in (identity.name, identity.handle) if identity is not None else ():
            if text is not None and (len(text) > 200 or not text.strip() or any(map(_is_control, text))):
                yield "The name or the handle still has control characters, or more than 200 characters."


def verifies_by_the_flag(candidate: Candidate) -> Iterator[str]:
    """An address that the provider has not verified."""
    seen = candidate.signs_in("unverified")
    if not seen.outcome.landed:
        yield f"A user whose address is not verified could not sign in. {seen.said()}"
    elif seen.outcome.identity is not None and seen.outcome.identity.email_verified:
        yield "The provider says that the address is not verified, and the record says that it is."
    replies = candidate.first.replies
    for path in replies.verified_paths():
        for value in (..., *_UNVERIFIED):
            profile = replies.tried(path, value)
            if profile is None or not profile.email_verified or value == replies.value(path):
                continue
            change = {"remove": [list(path)]} if value is ... else {"set": [[list(path), value]]}
            with candidate.altering(**change):
                played = candidate.signs_in()
            if played.outcome.identity is not None and played.outcome.identity.email_verified:
                what = "missing" if value is ... else _spelled(value)
                yield (
                    f"The address counts as verified where {shown(path)} is {what}. Compare the flag as the provider "
                    "writes it: bool of the text 'false' is True."
                )
                break


def display_paths(candidate: Candidate) -> list[Path]:
    """Return the members on which only what is displayed depends: handle, name, picture, address and its flag."""
    replies = candidate.first.replies
    known, subject = replies.profile(), replies.subject_paths()
    found = []
    for path in replies.leaves():
        profile = replies.tried(path, other(replies.value(path))) if path not in subject else None
        if profile is not None and known is not None and profile != known and profile.subject == known.subject:
            found.append(path)
    return found


def _fails(candidate: Candidate, path: Path, value: Any) -> bool:
    replies = candidate.first.replies
    known, profile = replies.profile(), replies.tried(path, value)
    return profile is None or known is None or profile.subject != known.subject


def _invented(identity: Identity) -> Iterator[str]:
    for name in ("name", "handle", "picture"):
        if getattr(identity, name) in _NO_TEXTS:
            yield f"The {name} of a user without one is the text {getattr(identity, name)!r}."


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")


def _spelled(value: Any) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) < 60 else f"a text of {len(str(value))} characters"


_MISSING = "the function that reads the user: all but the id may be missing"
CHECKS = (
    Check(
        "a user without e-mail address, name and picture signs in",
        needs_no_extras,
        _MISSING,
    ),
    Check(
        "a reply without all that is only displayed signs in",
        needs_no_member,
        _MISSING,
    ),
    Check(
        "a member of another type fails no login",
        bears_odd_members,
        "the function that reads the user: readable, picture_of and email_of bear any value",
    ),
    Check(
        "a hostile name is cleaned", cleans_a_hostile_name, "the function that reads the user: readable cleans a text"
    ),
    Check(
        "an address that is not verified stays so",
        verifies_by_the_flag,
        "email_verified: True only where the provider says so, as it writes it",
    ),
)
