"""Watches what a record reads, and what its answer depends on.

How this works. The functions of a record are wrapped, so that the replies which reach them are kept. Then each is
called again, outside of any login, with a reply in which one member differs. A member whose change changes the subject
is part of the subject, whatever the record is made of. So a check can name the member that it is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from ...errors import ValetkeyError
from ...login.identification import require_identity
from ...models import Profile
from ...providers.record.provider import Provider

Path: TypeAlias = tuple[str | int, ...]
_MAX_PLACES = 24  # characters of an id that are tried, of which some may be check digits
_FUNCTIONS = ("identify", "describe", "describe_email")


class Watched(dict[str, Any]):
    """A reply that remembers which of its members were asked for and are not there."""

    def __init__(self, value: Mapping[str, Any], path: Path, missed: list[Path]) -> None:
        super().__init__({name: _watched(one, (*path, name), missed) for name, one in value.items()})
        self._path, self._missed = path, missed

    def get(self, key: str, default: Any = None) -> Any:
        """Return a member."""
        self._note(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        self._note(key)
        return super().__getitem__(key)

    def _note(self, key: str) -> None:
        if key not in self:
            self._missed.append((*self._path, key))


def _watched(value: Any, path: Path, missed: list[Path]) -> Any:
    if isinstance(value, dict):
        return Watched(value, path, missed)
    if isinstance(value, list):
        return [_watched(one, (*path, number), missed) for number, one in enumerate(value)]
    return value


@dataclass(slots=True)
class Watch:
    """What the functions of one record were called with, by their names.

    Attributes:
        replies: the last reply of each.
        missed: the members that were asked for and were not there.
    """

    replies: dict[str, Any] = field(default_factory=dict)
    missed: list[Path] = field(default_factory=list)

    def on(self, record: Provider) -> Provider:
        """Return the record with its functions watched."""

        def watched(name: str) -> Callable[[Any], Any] | None:
            function: Callable[[Any], Any] | None = getattr(record, name)
            if function is None:
                return None

            def called(reply: Any) -> Any:
                self.replies[name] = deepcopy(reply)
                return function(_watched(reply, (), self.missed))

            return called

        functions: dict[str, Any] = {name: watched(name) for name in _FUNCTIONS}
        return replace(record, **functions)

    def clear(self) -> None:
        """Forget."""
        self.replies.clear()
        self.missed.clear()


@dataclass(frozen=True, slots=True)
class Replies:
    """What one login's functions were called with."""

    record: Provider
    by_function: Mapping[str, Any]

    def profile(self, changed: Mapping[str, Any] | None = None) -> Profile | None:
        """Return who the record says that the user is, as the core keeps it. None if it fails the login.

        Args:
            changed: other replies, by the function.

        Raises:
            Exception: the record's own, if it is no ``ValetkeyError``.
        """
        replies = {**self.by_function, **(changed or {})}
        record = self.record
        try:
            name = "describe" if record.identity_from == "profile" else "identify"
            known = require_identity(getattr(record, name)(replies[name]))
            if name == "identify" and record.describe is not None and "describe" in replies:
                described = record.describe(replies["describe"])
                if described.subject and described.subject != known.subject:
                    return None
                if described.subject:
                    known = _joined(known, require_identity(described))
            if record.describe_email is not None and "describe_email" in replies and not known.email_verified:
                email, verified = record.describe_email(replies["describe_email"])
                known = require_identity(replace(known, email=email, email_verified=verified))
        except ValetkeyError:
            return None
        return known

    def leaves(self) -> list[Path]:
        """Return the paths of all members that are no objects and no arrays, each once."""
        found = [path for reply in self.by_function.values() for path, _ in leaves_of(reply)]
        return list(dict.fromkeys(found))

    def value(self, path: Path) -> Any:
        """Return a member, of the first reply that has it."""
        return next(value for reply in self.by_function.values() for one, value in leaves_of(reply) if one == path)

    def changed(self, path: Path, value: Any) -> dict[str, Any]:
        """Return the replies with another member. ``...``: without it."""
        return {name: with_member(reply, path, value) for name, reply in self.by_function.items()}

    def subject_paths(self) -> list[Path]:
        """Return the members that make the subject: with another value of the same shape, it is another subject."""
        record = self.record
        name = "describe" if record.identity_from == "profile" else "identify"
        alone = Replies(replace(record, describe_email=None, email_url=None), {name: self.by_function.get(name, {})})
        known = alone.profile()
        if known is None:
            return []
        found = []
        for path in alone.leaves():
            profiles = (alone.tried(path, value) for value in others(alone.value(path)))
            if any(profile is not None and profile.subject != known.subject for profile in profiles):
                found.append(path)
        return found

    def verified_paths(self) -> list[Path]:
        """Return the members that say whether the e-mail address is verified."""
        known = self.profile()
        if known is None or not known.email_verified:
            return []
        found = []
        for path in self.leaves():
            for value in (..., other(self.value(path))):
                profile = self.tried(path, value)
                if profile is not None and profile.email == known.email and not profile.email_verified:
                    found.append(path)
                    break
        return found

    def tried(self, path: Path, value: Any) -> Profile | None:
        """Return who the user is with another member. None also where the record raises an error of its own."""
        try:
            return self.profile(self.changed(path, value))
        except Exception:
            return None  # a check of its own says that


def _joined(known: Profile, more: Profile) -> Profile:
    addressed = known if known.email_verified or more.email is None else more
    return replace(
        known,
        preferred_username=known.preferred_username or more.preferred_username,
        name=more.name or known.name,
        picture=more.picture or known.picture,
        email=addressed.email,
        email_verified=addressed.email_verified,
    )


def leaves_of(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the paths and values of all members that are no objects and no arrays."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from leaves_of(one, (*path, name))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from leaves_of(one, (*path, number))
    elif path:
        yield path, value


def with_member(value: Any, path: Path, new: Any) -> Any:
    """Return a copy of a reply with another member, where it has one. ``...``: without it."""
    if not path:
        return new
    key, rest = path[0], path[1:]
    if isinstance(value, Mapping) and key in value:
        if new is ... and not rest:
            return {name: one for name, one in value.items() if name != key}
        return {**value, str(key): with_member(value[key], rest, new)}
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        kept = [*value]
        if new is ... and not rest:
            del kept[key]
        else:
            kept[key] = with_member(value[key], rest, new)
        return kept
    return value


def other(value: Any) -> Any:
    """Return another value of the same type and shape."""
    return next(iter(others(value)))


def others(value: Any) -> Iterator[Any]:
    """Yield other values of the same type and shape: near ones and far ones. One of them has the right checksum."""
    if isinstance(value, bool) or value is None:
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value + 10**12)
    else:
        text = str(value)
        places = [at for at in range(len(text) - 1, -1, -1) if text[at].isalnum()]
        for at in places[:_MAX_PLACES] + places[_MAX_PLACES:][-1:]:
            swapped = {"1": "2", "a": "b", "A": "B"}.get(text[at], "1" if text[at].isdecimal() else "a")
            yield text[:at] + swapped + text[at + 1 :]
        if not places:
            yield f"{text}1"


def shown(path: Path) -> str:
    """Return a path as a developer writes it."""
    return "`" + ".".join(str(part) for part in path) + "`"
