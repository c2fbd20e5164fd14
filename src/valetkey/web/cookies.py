"""Cookies: their names, their attributes, and what a browser sent.

They follow the callback URL's scheme and never the request's: ``__Host-`` and Secure on https, neither on plain http,
which is for loopback only (WebKit drops Secure cookies there). A name that was sent twice counts as not sent: one of
the two was planted by a neighbour (RFC 6265 §5.4 leaves the order open).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..protocols.grammar import cookie_pairs
from .http import Incoming

LOGIN_ID = re.compile(r"[A-Za-z0-9_-]{22}")
LOGIN_COOKIE_SECONDS = 1800
MOST_LOGINS = 5
# The most that all of our cookies may take up in a browser's Cookie header, in octets. nginx reads a header line of
# 8 KiB at most (large_client_header_buffers) and answers 400 to longer ones, and an app has cookies of its own.
MOST_OCTETS = 3 * 1024
_SESSION_OCTETS = 768  # kept free for the session's, whose length depends on the app's address
_LONGEST = 4096
_VALUE = re.compile(r"[A-Za-z0-9._-]+")  # what passes and sealed logins are written with


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookies:
    """What a browser sent of ours. ``any_at_all`` is true if it sent any cookie, ours or not."""

    session: str | None = field(default=None, repr=False)
    logins: Mapping[str, str] = field(default_factory=dict, repr=False)
    any_at_all: bool = False


class CookieNames:
    """The names under one scheme, and the headers that set and clear them.

    Args:
        secure: whether the app is on https.
        name: what the names begin with, behind the prefix (``VALETKEY_COOKIE``).
    """

    __slots__ = ("_attributes", "_login_prefix", "session")

    def __init__(self, *, secure: bool, name: str = "valetkey") -> None:
        prefix = "__Host-" if secure else ""
        self.session = f"{prefix}{name}-session"
        self._login_prefix = f"{prefix}{name}-login-"
        self._attributes = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")

    def read(self, incoming: Incoming) -> Cookies:
        """Sort out the Cookie header, or headers: HTTP/2 may split it (RFC 9113 §8.2.3)."""
        seen: dict[str, str | None] = {}
        headers = [value for name, value in incoming.headers if name == "cookie"]
        for name, value in (pair for header in headers for pair in cookie_pairs(header)):
            # Twice the same name, or a value that we never write: as if it had not been sent.
            usable = name not in seen and len(value) <= _LONGEST and _VALUE.fullmatch(value)
            seen[name] = value if usable else None
        logins = {
            name.removeprefix(self._login_prefix): value
            for name, value in seen.items()
            if name.startswith(self._login_prefix)
            and value is not None
            and LOGIN_ID.fullmatch(name.removeprefix(self._login_prefix))
        }
        return Cookies(session=seen.get(self.session), logins=logins, any_at_all=bool(headers))

    def session_in(self, headers: Sequence[str]) -> str | None:
        """The session cookie alone, by the same rules as ``read``."""
        found = [
            value
            for header in headers
            if self.session in header
            for name, value in cookie_pairs(header)
            if name == self.session
        ]
        return found[0] if len(found) == 1 and len(found[0]) <= _LONGEST and _VALUE.fullmatch(found[0]) else None

    def excess(
        self, cookies: Cookies, oldest_first: Sequence[str], *, login_id: str = "", sealed: str = ""
    ) -> list[str]:
        """Return the logins whose cookies have to go, so that all of ours stay within ``MOST_OCTETS`` and
        ``MOST_LOGINS``.

        Args:
            cookies: what the browser has sent.
            oldest_first: its logins, by age.
            login_id: the login whose cookie is set now; it stays.
            sealed: that cookie's value.
        """
        kept = [one for one in oldest_first if one != login_id]
        sizes = {one: _octets(f"{self._login_prefix}{one}", cookies.logins[one]) for one in kept}
        free = MOST_OCTETS - max(_octets(self.session, cookies.session or ""), _SESSION_OCTETS)
        free -= _octets(f"{self._login_prefix}{login_id}", sealed) if login_id else 0
        gone = []
        while kept and (len(kept) + bool(login_id) > MOST_LOGINS or sum(sizes[one] for one in kept) > free):
            gone.append(kept.pop(0))
        return gone

    def set_session(self, value: str, seconds: int) -> tuple[str, str]:
        return "set-cookie", f"{self.session}={value}; Max-Age={seconds}{self._attributes}"

    def session_set_by(self, headers: Iterable[tuple[str, str]]) -> str | None:
        """The pass that an answer with these headers sets as its session cookie; None if it sets none or clears it."""
        start = f"{self.session}="
        for name, value in headers:
            if name == "set-cookie" and value.startswith(start):
                return value.removeprefix(start).partition(";")[0] or None
        return None

    def clear_session(self) -> tuple[str, str]:
        return "set-cookie", f"{self.session}=; Max-Age=0{self._attributes}"

    def set_login(self, login_id: str, sealed: str) -> tuple[str, str]:
        value = f"{self._login_prefix}{login_id}={sealed}; Max-Age={LOGIN_COOKIE_SECONDS}{self._attributes}"
        return "set-cookie", value

    def clear_login(self, login_id: str) -> tuple[str, str]:
        return "set-cookie", f"{self._login_prefix}{login_id}=; Max-Age=0{self._attributes}"


def _octets(name: str, value: str) -> int:
    """What a cookie takes of the Cookie header: ``name=value; ``. Both are ASCII."""
    return len(name) + len(value) + 3
