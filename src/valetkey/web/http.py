"""What the web is reduced to: one plain value in, one plain value out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

BODY_LIMIT_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A request. ``path`` is what follows the prefix, without a slash in front; header names are lower-case.

    ``body`` is None where it was longer than ``BODY_LIMIT_BYTES``, and then was not read. ``peer`` is the address at
    the other end of the socket, where there is one; ``scheme`` what the server takes the request's to be.
    """

    method: str
    path: str
    query: str = field(default="", repr=False)
    headers: Sequence[tuple[str, str]] = field(default=(), repr=False)
    body: bytes | None = field(default=b"", repr=False)
    peer: str | None = field(default=None, repr=False)
    scheme: str | None = None

    def header(self, name: str) -> str | None:
        """The header's value if it was sent exactly once."""
        found = [value for key, value in self.headers if key == name]
        return found[0] if len(found) == 1 else None

    def header_count(self, name: str) -> int:
        return sum(key == name for key, _ in self.headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, complete with its headers."""

    status: int
    headers: Sequence[tuple[str, str]] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
