"""What of a request must not be recorded, and how a record loses it.

The texts come from clients, so each pattern reads a text once. A pattern that may match at many places of one run of
characters takes the whole run, whether or not a secret is in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

REMOVED = "[Filtered]"
# The parameters of our requests that let somebody in: of a callback, of a relay page, of a request for the session.
_PARAMETERS = "oauth_verifier|oauth_token|id_token|code_verifier"
_AMBIGUOUS_PARAMETERS = "code|state|verifier|user"  # which an app has, too
_ORIGIN = re.compile("^[a-z]+://[^/?#]*")
_START = "(?<![A-Za-z0-9_])"
_ENDS = " \t\r\n\"'<>"  # what ends an address in a text
_VALUE = r"[A-Za-z0-9._~%+/=-]+"


class Redactor:
    """Removes what is secret from texts that tools record: traces, error reports, logs.

    Args:
        paths: where the routes are, each without a slash at its end.
        cookies: how the names of the cookies begin.
    """

    def __init__(self, paths: frozenset[str], cookies: frozenset[str]) -> None:
        self._below = tuple(f"{path}/" for path in sorted(paths))
        below, names = _any_of(self._below), _any_of(sorted(cookies))
        self._query = re.compile(rf"({below}[^?#{_ENDS}]*+)(?:\?[^{_ENDS}]*)?")
        name = rf"(?:__Host-)?{names}-(?:session|login-[A-Za-z0-9_-]{{22}}|posted-name)"
        self._cookie_name = re.compile(name)
        # ``name=value`` in a header, ``'name': 'value'`` in a mapping, ``(b'name', b'value')`` in a list.
        self._cookie = re.compile(rf"({name}\"?'? *[=:,] *b?[\"']?)[A-Za-z0-9._-]+")
        self._bearer = re.compile(rf"{_START}(bearer +){_VALUE}", re.IGNORECASE)
        self._token = re.compile(rf"{_START}eyJ[A-Za-z0-9_-]{{8,}}+((?:\.[A-Za-z0-9_-]{{8,}}+){{2}})?")  # RFC 7519
        self._ticket = re.compile(rf"{_START}(valetkey\.ticket\.)[A-Za-z0-9_-]+")  # of a WebSocket, in a header
        assigned = rf"(\"?'? *[=:] *b?[\"']?){_VALUE}"
        self._parameter = re.compile(rf"{_START}({_PARAMETERS}){assigned}")
        self._ambiguous_parameter = re.compile(rf"{_START}({_AMBIGUOUS_PARAMETERS}){assigned}")

    def is_ours(self, address: str) -> bool:
        """Whether an address, or a path with or without a query, is one of our routes."""
        # Not urlsplit(), which raises on some texts.
        return _ORIGIN.sub("", address, count=1).startswith(self._below)

    def address(self, address: str) -> str:
        """Return an address without its query, if it is one of our routes."""
        return re.split(r"[?#]", address, maxsplit=1)[0] if self.is_ours(address) else address

    def is_cookie(self, name: object) -> bool:
        """Whether a cookie of this name is one of ours."""
        return isinstance(name, str) and self._cookie_name.fullmatch(name) is not None

    def text(self, text: str, *, in_our_request: bool = False) -> str:
        """Return any text without the queries of our routes, and without tokens and the values of our cookies.

        Args:
            text: any text, or the ``repr`` of a value.
            in_our_request: whether it was recorded in a request to one of our routes. Then parameters of the name
                ``code`` or ``state`` are ours too.
        """
        text = self._query.sub(r"\1", self.address(text))
        text = self._cookie.sub(rf"\1{REMOVED}", text)
        text = self._bearer.sub(rf"\1{REMOVED}", text)
        text = self._token.sub(lambda found: REMOVED if found[1] else found[0], text)
        text = self._ticket.sub(rf"\1{REMOVED}", text)
        text = self._parameter.sub(rf"\1\2{REMOVED}", text)
        return self._ambiguous_parameter.sub(rf"\1\2{REMOVED}", text) if in_our_request else text


def _any_of(texts: Sequence[str]) -> str:
    """A pattern that matches any of these texts, and nothing if there is none."""
    return f"(?:{'|'.join(map(re.escape, texts))})" if texts else "(?!)"
