"""``POST {provider}/return``: a callback that comes as a form, and its way to the callback that comes by GET.

How this works:

- A provider with ``response_mode=form_post`` does not redirect. Its page makes the browser post a form to us (OAuth 2.0
  Form Post Response Mode 1.0 §2). That is a POST from another site, and a browser leaves out our SameSite=Lax cookies.
  So this request cannot know which login it belongs to.
- A redirect to the callback by GET is a navigation, and there the cookies are sent (measured in Chromium, Firefox and
  WebKit). So the answer is such a redirect, with the fields that a callback needs. It reads no cookie, asks nobody and
  decides nothing. A page of another site can send such a form, as it can link to the callback: the callback judges it.
- Apple sends the user's name in this form alone, in ``user``, unsigned and only once. It must not be in an address. So
  it travels in a cookie: sealed, for two minutes, for the callback with this ``state`` at this provider only. There it
  may become the name of an identity that has none, and nothing else. The e-mail address beside it is never read.
- There is one such cookie per browser, not one for each login, because another site could make a browser collect them
  until it drops the session's. Of two logins at the same time, one may lose the name.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from ..crypto.keys import Keys, Sealer
from ..errors import BadRequest, UnsupportedBody
from ..providers.record.provider import readable
from .cookies import POSTED_NAME_SECONDS, CookieNames
from .fields import FORM, MAX_QUERY_CHARACTERS, media_type, read_body
from .http import Incoming, Reply
from .intents import refuse_frame_and_prefetch
from .replies import Headers, redirect_reply

# RFC 6749 §4.1.2 and §4.1.2.1; RFC 9207 §2; and the fields by which providers say why they refused. Everything else
# stays out of the address: descriptions, tokens, and what a provider says of the user.
_FIELDS = ("code", "state", "iss", "error", "error_code", "error_reason", "error_subcode")
_MAX_NAME_CHARACTERS = 100


class FormPost:
    """Answers the form, and reads the name that it has left for the callback.

    Args:
        prefix: the path of our routes, as browsers see it.
        names: of the cookies.
        keys: seal the name.
        clock: this server's time, in seconds since 1970.
    """

    __slots__ = ("_clock", "_names", "_prefix", "_sealer")

    def __init__(self, *, prefix: str, names: CookieNames, keys: Keys, clock: Callable[[], float] = time.time) -> None:
        self._prefix = prefix
        self._names = names
        self._sealer = Sealer(keys, "posted name")
        self._clock = clock

    async def post(self, incoming: Incoming) -> Reply:
        """``POST {provider}/return``: redirect to ``GET {provider}``.

        Raises:
            NotANavigation: the request comes from a frame, or in advance.
            UnsupportedBody: the body is not a form.
            BodyTooLarge: it is longer than 16 KiB.
            BadRequest: it cannot be read in exactly one way, or is too long for an address.
        """
        refuse_frame_and_prefetch(incoming)
        if media_type(incoming) != FORM:
            raise UnsupportedBody("Send application/x-www-form-urlencoded.")
        fields = {name: str(value) for name, value in read_body(incoming).items()}
        query = urlencode({name: fields[name] for name in _FIELDS if name in fields})
        if len(query) > MAX_QUERY_CHARACTERS:
            raise BadRequest("The form is too long for the address of a callback.")
        provider = incoming.path.partition("/")[0]
        return redirect_reply(f"{self._prefix}/{provider}?{query}", self._cookie(provider, fields))

    def _cookie(self, provider: str, fields: Mapping[str, str]) -> Headers:
        name, state = _name_in(fields.get("user", "")), fields.get("state")
        if name is None or not state or "code" not in fields:
            return ()
        value = self._sealer.seal({"name": name, "until": self._clock() + POSTED_NAME_SECONDS}, _place(provider, state))
        return (self._names.set_posted_name(value),)

    def name_in(self, sealed: str | None, provider: str, state: str | None) -> str | None:
        """Return the user's name that came with the form of this callback. None if there is none.

        Args:
            sealed: the value of the cookie.
            provider: the provider of the callback.
            state: the callback's ``state``.
        """
        found = self._sealer.open(sealed, _place(provider, state)) if sealed and state else None
        if found is None or not isinstance(until := found.get("until"), float) or until < self._clock():
            return None
        return readable(found.get("name"))


def _place(provider: str, state: str) -> str:
    return f"{provider}\0{state}"


def _name_in(user: str) -> str | None:
    """Read the name in Apple's ``user``: ``{"name": {"firstName": "…", "lastName": "…"}, "email": "…"}``.

    https://developer.apple.com/documentation/signinwithapple/incorporating-sign-in-with-apple-into-other-platforms
    """
    try:
        value = json.loads(user) if user else None
    except (ValueError, RecursionError):
        return None
    parts = value.get("name") if isinstance(value, dict) else None
    if not isinstance(parts, dict):
        return None
    given = [readable(parts.get(key)) for key in ("firstName", "lastName")]
    return " ".join(part for part in given if part)[:_MAX_NAME_CHARACTERS] or None
