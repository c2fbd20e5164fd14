"""Do two users ever share an account? The members that make the subject are missing, empty, of another type, or of
another tenant's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .candidate import Candidate, Refused, Seen
from .check import Check
from .visiting import App
from .watching import Path, leaves_of, shown

# The first four are always played; the others if the record itself would take them.
_ALWAYS: tuple[tuple[str, Any], ...] = (
    ("missing", ...),
    ("an empty text", ""),
    ("null", None),
    ("the text 'None'", "None"),
)
_SUSPICIOUS: tuple[tuple[str, Any], ...] = (
    ("the text 'null'", "null"),
    ("the text 'NULL'", "NULL"),
    ("the text '0'", "0"),
    ("the text '[object Object]'", "[object Object]"),
    ("a UUID of zeros", "00000000-0000-0000-0000-000000000000"),
    ("the text 'undefined'", "undefined"),
    ("blank", " "),
    ("a line end", "\n"),
    ("a text with a control character", "a\0b"),
    ("true", True),
    ("false", False),
    ("an empty array", []),
    ("an array", ["7"]),
    ("an empty object", {}),
    ("an object", {"id": "7"}),
    ("a fraction", 7.5),
    ("zero", 0),
    ("below zero", -7),
    ("300 characters long", "x" * 300),
)
NO_ID = (*_ALWAYS, *_SUSPICIOUS)
# Spellings that are several users, or none. None of them may be taken for another one.
SPELLINGS: tuple[Any, ...] = (
    *("7", "007", "7.0", "7 ", " 7", "+7", "7e0", "\u0667", "0x7"),
    *(7, 9_007_199_254_740_992, 9_007_199_254_740_993, 2**63, 2**63 + 1),
    *("9007199254740992", "9007199254740993", str(2**63), str(2**63 + 1)),
    *("aB7xY2mQ", "Ab7xY2mQ"),
)


def look_alikes(value: Any) -> tuple[Any, ...]:
    """Return what a person or a program may take for this id, and what is another one, or none."""
    text = str(value)
    wide = "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text)
    return (
        *(value, text.upper(), text.lower(), wide, f"{text}\u200b", f"\ufeff{text}", f"{text}\u0301", f"\u202e{text}"),
        *(f"{text}\0", f"{text}\0x", f"{text}\n", f"{text}\x7f", f"{text} ", f" {text}", f"0{text}", f"{text}.0"),
        *(f"{text}/", f"{text}/x", f"x/{text}", f"/{text}", f"{text}%00", f'"{text}"', f"{{{text}}}"),
        *(text.replace("-", ""), f"{text},{text}", f"{text}/id/{text}", f"{text}{text}"),
    )


_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_OF_ONE_TOKEN = ("nonce", "at_hash", "jti", "sid")
_SAME_MINUTE = 60


def needs_an_id(candidate: Candidate) -> Iterator[str]:
    """Each member of the subject is missing, empty, null or a placeholder."""
    paths = candidate.first.replies.subject_paths()
    if not paths:
        yield "The subject depends on no member of the provider's reply, so that all users would be one."
    for path in paths:
        for what, value in (*_ALWAYS, *_suspicious(candidate, path)):
            seen = _with(candidate, path, value)
            yield from _must_fail(seen, f"{shown(path)} is {what}")


def needs_its_type(candidate: Candidate) -> Iterator[str]:
    """A number where text is due, and text where a number is."""
    if candidate.is_oauth1 and candidate.record.identity_from == "exchange":
        return  # a form has no types
    for path in candidate.first.replies.subject_paths():
        value = candidate.first.replies.value(path)
        is_text = isinstance(value, str)
        seen = _with(candidate, path, 7 if is_text else str(value))
        same = seen.outcome.account == candidate.first.outcome.account
        if not is_text and same and candidate.first.replies.tried(path, f"0{value}") is None:
            continue  # the same digits, and the same user. What reads "07" as 7 would join two users
        what = "a number, where the provider sends text" if is_text else "text, where the provider sends a number"
        yield from _must_fail(seen, f"{shown(path)} is {what}")


def needs_its_name(candidate: Candidate) -> Iterator[str]:
    """The provider calls the member otherwise, from one day to the next."""
    for path in candidate.first.replies.subject_paths():
        if isinstance(path[-1], int):
            continue
        with candidate.altering(rename=[[list(path), f"{path[-1]}_v2"]]):
            seen = candidate.signs_in()
        yield from _must_fail(seen, f"{shown(path)} is called {path[-1]}_v2")


def keeps_large_ids(candidate: Candidate) -> Iterator[str]:
    """Two ids that differ by one, beyond what a float can hold, and one id in two spellings."""
    for path in candidate.first.replies.subject_paths():
        text = isinstance(candidate.first.replies.value(path), str)
        pair = [str(2**63), str(2**63 + 1)] if text else [2**63, 2**63 + 1]
        one, two = (_with(candidate, path, value) for value in pair)
        if one.outcome.landed and one.outcome.account == two.outcome.account:
            yield f"Two users share one account where {shown(path)} is {pair[0]} and {pair[1]}: a number was rounded."
        if (one.outcome.error or two.outcome.error) not in (None, "provider_reply_invalid"):
            yield f"{shown(path)} is {pair[0]}. {one.said()}"
        yield from _joined_spellings(candidate, path)


def includes_the_tenant(candidate: Candidate) -> Iterator[str]:
    """Two tenants, workspaces or organisations give out the same id."""
    here, also = candidate.signs_in("here"), candidate.signs_in("alsohere")
    try:
        there = candidate.signs_in("there")
    except Refused:
        return  # the app's own tenant alone may sign in
    differing = differences(here, there, also)
    if not differing:
        return
    if not here.outcome.landed or not there.outcome.landed:
        yield f"A user of another tenant could not sign in. {(there if here.outcome.landed else here).said()}"
    elif here.outcome.account == there.outcome.account:
        yield (
            "Two users of different tenants with the same id share one account. The replies differ in "
            f"{', '.join(map(shown, differing))}: make it part of the subject, such as scope= in Fields."
        )


def includes_the_server(candidate: Candidate) -> Iterator[str]:
    """The app names its server, and another server gives out the same ids."""
    if candidate.elsewhere is None:
        return
    app = App(candidate.elsewhere)
    try:
        there = candidate.signs_in(app=app)
    finally:
        app.close()
    if not there.outcome.landed:
        yield f"The login at another server failed. {there.said()}"
    elif there.outcome.account == candidate.first.outcome.account:
        yield "Two servers give out the same id, and both users share one account. Begin the subject with the server."


def _with(candidate: Candidate, path: Path, value: Any) -> Seen:
    with candidate.altering(**({"remove": [list(path)]} if value is ... else {"set": [[list(path), value]]})):
        return candidate.signs_in()


def _must_fail(seen: Seen, what: str) -> Iterator[str]:
    if seen.outcome.landed:
        subject = seen.outcome.identity.subject if seen.outcome.identity else ""
        yield f"{what}, and a user was signed in as {subject!r}. Every such user would share this account."
    elif seen.outcome.error != "provider_reply_invalid":
        yield f"{what}, which must end as provider_reply_invalid. {seen.said()}"


def _suspicious(candidate: Candidate, path: Path) -> list[tuple[str, Any]]:
    replies = candidate.first.replies
    return [(what, value) for what, value in _SUSPICIOUS if replies.tried(path, value) is not None]


def _joined_spellings(candidate: Candidate, path: Path) -> Iterator[str]:
    replies, seen = candidate.first.replies, dict[str, Any]()
    for value in (*SPELLINGS, *look_alikes(replies.value(path))):
        profile = replies.tried(path, value)
        if profile is None:
            continue
        if is_one_id(seen.get(profile.subject), value):
            continue
        if profile.subject in seen and _with(candidate, path, value).outcome.landed:
            yield f"{seen[profile.subject]!r} and {value!r} in {shown(path)} are one account, and may be two users."
        seen.setdefault(profile.subject, value)


def is_one_id(one: Any, other: Any) -> bool:
    """Whether two spellings are one id: 7 and "7" have the same digits, and a UUID may have capitals (RFC 9562 §4)."""
    one, other = str(one), str(other)
    return one == other or (_UUID.fullmatch(one) is not None and one.lower() == other.lower())


def _differs(one: Any, two: Any, path: Path) -> bool:
    is_time = isinstance(one, int | float) and isinstance(two, int | float) and abs(one - two) < _SAME_MINUTE
    return one != two and not is_time and path[-1] not in _OF_ONE_TOKEN


def differences(here: Seen, there: Seen, also: Seen) -> list[Path]:
    """Return the members that differ by the tenant: between ``here`` and ``there``, and not between two logins here."""
    moving = _differences(here, also)
    return [path for path in _differences(here, there) if path not in moving]


def _differences(one: Seen, two: Seen) -> list[Path]:
    names = one.replies.by_function.keys() & two.replies.by_function.keys()
    found: list[Path] = []
    for name in names:
        ours, theirs = (dict(leaves_of(seen.replies.by_function[name])) for seen in (one, two))
        found += [path for path in {**ours, **theirs} if _differs(ours.get(path), theirs.get(path), path)]
    return list(dict.fromkeys(found))


_READERS = "the subject: text, number and decimal (or subject_of, number_of, decimal_of) refuse it"
_SCOPE = "the subject: its scope"
CHECKS = (
    Check(
        "a reply without an id signs nobody in",
        needs_an_id,
        _READERS,
    ),
    Check(
        "an id of another type signs nobody in",
        needs_its_type,
        _READERS,
    ),
    Check(
        "an id by another name signs nobody in", needs_its_name, "the subject: it needs no second place to be read from"
    ),
    Check(
        "large ids and odd spellings are not joined",
        keeps_large_ids,
        "the subject: an id stays as it was sent; no int, float, strip or lower",
    ),
    Check("another tenant is another account", includes_the_tenant, _SCOPE),
    Check("another server is another account", includes_the_server, _SCOPE),
)
