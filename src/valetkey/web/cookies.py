"""The cookies: their names and attributes, and what a browser sent.

Names and attributes follow the scheme of the callback URL, never that of the request. On https they have ``__Host-``
and Secure. On plain http, which is for loopback only, they have neither, because WebKit drops Secure cookies there.

A name that was sent twice counts as not sent. A sibling subdomain may have planted one of the two, and RFC 6265 §5.4
does not say which comes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from ..models.value_class import value_class
from ..protocols.grammar import cookie_pairs
from .http import Incoming

LOGIN_ID = re.compile(r"[A-Za-z0-9_-]{22}")
LOGIN_COOKIE_SECONDS = 1800
POSTED_NAME_SECONDS = 120  # the callback comes at once; a phone's network may be slow
MAX_LOGINS = 5
# How much of a browser's Cookie header all our cookies together may take up, in octets. nginx answers 400 to a header
# line of more than 8 KiB (large_client_header_buffers), and an app has cookies of its own. A posted name may
# come on top, of at most 700 octets and for two minutes.
MAX_OCTETS = 3 * 1024
_SESSION_OCTETS = 768  # kept free for the session cookie, whose length depends on the app's address
_MAX_VALUE_CHARACTERS = 4096
_VALUE = re.compile(r"[A-Za-z0-9._-]+")  # the characters of session tokens and sealed logins


@value_class(frozen=True, slots=True, kw_only=True)
class Cookies:
    """Those of our cookies that a browser sent.

    Args:
        session: the session token.
        logins: the sealed logins, by login id.
        posted_name: the sealed name that came with a form (``form_post``).
        any_sent: whether the browser sent any cookie, ours or not.
    """

    session: str | None = field(default=None, repr=False)
    logins: Mapping[str, str] = field(default_factory=dict, repr=False)
    posted_name: str | None = field(default=None, repr=False)
    any_sent: bool = False


_NO_COOKIES = Cookies()


class CookieNames:
    """Reads our cookies, and writes the headers that set and clear them.

    Args:
        secure: whether the app is on https.
        name: how the names begin, after a ``__Host-`` (``VALETKEY_COOKIE``).
    """

    __slots__ = ("_attributes", "_login_prefix", "_posted_name", "_session_prefix", "session")

    def __init__(self, *, secure: bool, name: str = "valetkey") -> None:
        prefix = "__Host-" if secure else ""
        self.session = f"{prefix}{name}-session"
        self._session_prefix = f"{self.session}="
        self._login_prefix = f"{prefix}{name}-login-"
        self._posted_name = f"{prefix}{name}-posted-name"
        self._attributes = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")

    def read(self, incoming: Incoming) -> Cookies:
        """Read the Cookie header, or headers: HTTP/2 may split it (RFC 9113 §8.2.3)."""
        headers = incoming.header_values("cookie")
        return self._read(headers) if headers else _NO_COOKIES

    def posted_name_in(self, incoming: Incoming) -> str | None:
        """Return the sealed name that came with a form, by the same rules as ``read``. Few callbacks have one."""
        for header in incoming.header_values("cookie"):
            if self._posted_name in header:
                return self.read(incoming).posted_name
        return None

    def _read(self, headers: Sequence[str]) -> Cookies:
        seen: dict[str, str | None] = {}
        for header in headers:
            for name, value in cookie_pairs(header):
                # A name that was sent twice, or a value that we never write, counts as not sent.
                usable = name not in seen and len(value) <= _MAX_VALUE_CHARACTERS and _VALUE.fullmatch(value)
                seen[name] = value if usable else None
        logins = {
            name.removeprefix(self._login_prefix): value
            for name, value in seen.items()
            if name.startswith(self._login_prefix)
            and value is not None
            and LOGIN_ID.fullmatch(name.removeprefix(self._login_prefix))
        }
        return Cookies(
            session=seen.get(self.session),
            logins=logins,
            posted_name=seen.get(self._posted_name),
            any_sent=True,
        )

    def session_at_sight(self, header: str) -> str | None:
        """Return the value of the session cookie in a Cookie header of the usual form: what ``session_in`` reads there.

        Args:
            header: the only Cookie header of a request.

        Returns:
            The value as it stands there. It may be one that ``session_in`` refuses. None where the header has to be
            split to tell, for example because the name may be there twice, and where the cookie is not there.
        """
        start = header.find(self._session_prefix)
        value = start + len(self._session_prefix)
        # RFC 6265 §4.2.1: the pair is the first, or follows a semicolon and a space.
        if start < 0 or (start and header[start - 2 : start] != "; ") or header.find(self._session_prefix, value) >= 0:
            return None
        end = header.find(";", value)
        return header[value:] if end < 0 else header[value:end]

    def session_in(self, headers: Sequence[str]) -> str | None:
        """Return the session token alone, by the same rules as ``read``.

        Args:
            headers: the values of the Cookie headers.
        """
        found = [
            value
            for header in headers
            if self.session in header
            for name, value in cookie_pairs(header)
            if name == self.session
        ]
        if len(found) != 1 or len(found[0]) > _MAX_VALUE_CHARACTERS or not _VALUE.fullmatch(found[0]):
            return None
        return found[0]

    def excess_logins(
        self, cookies: Cookies, oldest_first: Sequence[str], *, login_id: str = "", sealed: str = ""
    ) -> list[str]:
        """Return the logins whose cookies must be cleared to stay within ``MAX_OCTETS`` and ``MAX_LOGINS``.

        Args:
            cookies: what the browser sent.
            oldest_first: its login ids by age.
            login_id: the login whose cookie is being set. It stays.
            sealed: the value of that cookie.
        """
        kept = [one for one in oldest_first if one != login_id]
        sizes = {one: _octets(f"{self._login_prefix}{one}", cookies.logins[one]) for one in kept}
        free = MAX_OCTETS - max(_octets(self.session, cookies.session or ""), _SESSION_OCTETS)
        free -= _octets(f"{self._login_prefix}{login_id}", sealed) if login_id else 0
        gone = []
        while kept and (len(kept) + bool(login_id) > MAX_LOGINS or sum(sizes[one] for one in kept) > free):
            gone.append(kept.pop(0))
        return gone

    def set_session(self, value: str, seconds: int) -> tuple[str, str]:
        """Return the header that sets the session cookie for this many seconds."""
        return "set-cookie", f"{self.session}={value}; Max-Age={seconds}{self._attributes}"

    def session_set_by(self, headers: Iterable[tuple[str, str]]) -> str | None:
        """Return the session token that these headers of a reply set. None if they set none or clear it."""
        start = f"{self.session}="
        for name, value in headers:
            if name == "set-cookie" and value.startswith(start):
                return value.removeprefix(start).partition(";")[0] or None
        return None

    def clear_session(self) -> tuple[str, str]:
        """Return the header that clears the session cookie."""
        return "set-cookie", f"{self.session}=; Max-Age=0{self._attributes}"

    def set_login(self, login_id: str, sealed: str) -> tuple[str, str]:
        """Return the header that sets the cookie of a login."""
        value = f"{self._login_prefix}{login_id}={sealed}; Max-Age={LOGIN_COOKIE_SECONDS}{self._attributes}"
        return "set-cookie", value

    def clear_login(self, login_id: str) -> tuple[str, str]:
        """Return the header that clears the cookie of a login."""
        return "set-cookie", f"{self._login_prefix}{login_id}=; Max-Age=0{self._attributes}"

    def set_posted_name(self, sealed: str) -> tuple[str, str]:
        """Return the header that sets the cookie with the name that came with a form."""
        return "set-cookie", f"{self._posted_name}={sealed}; Max-Age={POSTED_NAME_SECONDS}{self._attributes}"

    def clear_posted_name(self) -> tuple[str, str]:
        """Return the header that clears that cookie."""
        return "set-cookie", f"{self._posted_name}=; Max-Age=0{self._attributes}"


def _octets(name: str, value: str) -> int:
    """Return how much of the Cookie header a cookie takes up: ``name=value; ``. Both are ASCII."""
    return len(name) + len(value) + 3
