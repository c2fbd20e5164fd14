"""The two values that the web side works with: one plain request in, one plain reply out."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import field

from ..login.current_user import FindUser
from ..models.value_class import value_class

BODY_LIMIT_BYTES = 16 * 1024
_NONE: Sequence[str] = ()


@value_class(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A request.

    Args:
        method: in upper case.
        path: what follows the prefix, without a leading slash.
        query: as it was sent, without the question mark.
        headers: names in lower case.
        body: None if it is longer than ``BODY_LIMIT_BYTES``; it was not read then.
        peer: the IP address at the other end of the socket, if there is one.
        scheme: ``http`` or ``https``, as the server sees the request.
        find_user: finds the user whom the app has signed in by other means. None if ``resolve_account`` asks for none.
    """

    method: str
    path: str
    query: str = field(default="", repr=False)
    headers: Sequence[tuple[str, str]] = field(default=(), repr=False)
    body: bytes | None = field(default=b"", repr=False)
    peer: str | None = field(default=None, repr=False)
    scheme: str | None = None
    find_user: FindUser | None = field(default=None, repr=False, compare=False)
    _values: dict[str, list[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # A request is asked for some twenty headers, so they are sorted by name once.
        values: dict[str, list[str]] = {}
        for name, value in self.headers:
            if name in values:
                values[name].append(value)
            else:
                values[name] = [value]
        object.__setattr__(self, "_values", values)

    def header(self, name: str) -> str | None:
        """Return the value of a header that was sent exactly once, else None."""
        found = self._values.get(name, _NONE)
        return found[0] if len(found) == 1 else None

    def header_values(self, name: str) -> Sequence[str]:
        """Return all values of a header, in the order in which they were sent."""
        return self._values.get(name, _NONE)

    def has_any(self, names: Set[str]) -> bool:
        """Return whether one of these headers was sent."""
        return not names.isdisjoint(self._values)

    def header_count(self, name: str) -> int:
        """Return how often a header was sent."""
        return len(self._values.get(name, _NONE))


@value_class(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply, complete with all its headers."""

    status: int
    headers: Sequence[tuple[str, str]] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
