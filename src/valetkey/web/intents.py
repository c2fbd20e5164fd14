"""Reads what a page asks for when it starts a login.

Nothing in it chooses an address. A callback URL that is asked for must equal one of the settings, and an address to
return to must be on an origin of the app.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress

from ..crypto.randomness import random_id
from ..errors import BadRequest, NotANavigation, UnlistedPage
from ..login.attempt import Intent
from ..protocols.grammar import is_printable
from ..providers.record.recipe import callback_variable
from ..settings import Settings
from .cookies import LOGIN_ID
from .fields import text_field
from .http import Incoming
from .origins import Origins

_MODES = frozenset({"popup", "page"})
_SESSION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
# It is sealed in the login's cookie, as JSON, where a quote and a backslash count twice.
MAX_STATE = 512
_FRAMES = frozenset({"iframe", "frame", "embed", "object", "fencedframe"})


class IntentReader:
    """Builds an ``Intent`` from the fields of a request.

    Args:
        settings: with the callback URLs and the delivery.
        origins: checks where a login may return to.
    """

    __slots__ = ("_callbacks", "_origins", "_settings")

    def __init__(self, settings: Settings, origins: Origins) -> None:
        self._settings = settings
        self._origins = origins
        self._callbacks = {one.name: self._callbacks_of(one.name) for one in settings.providers}

    def from_form(self, provider: str, fields: dict[str, object]) -> Intent:
        """Read a form that navigates a window.

        Raises:
            BadRequest: a field is malformed.
        """
        mode = text_field(fields, "mode") or "popup"
        if mode not in _MODES:
            raise BadRequest("mode must be popup or page.")
        return self._intent(provider, fields, mode, self._challenge(fields), self._session_id(fields))

    def failed(self, provider: str, fields: dict[str, object]) -> Intent | None:
        """Read what is well-formed in a form whose login did not start, so that its page can learn why.

        Args:
            provider: the name of a configured provider; empty if the form names another one.
            fields: those of the form; none if it could not be read.

        Returns:
            None if there is no well-formed login id to leave the error under. A form without an id is given one.
        """
        login_id = fields.get("login", random_id() if fields else None)
        if not isinstance(login_id, str) or not LOGIN_ID.fullmatch(login_id):
            return None
        mode = "page" if fields.get("mode") == "page" else "popup"
        return_to = challenge = None
        with suppress(BadRequest):
            return_to = self._return_to(fields, mode)
        with suppress(BadRequest):
            challenge = self._challenge(fields)
        return Intent(
            id=login_id, provider=provider, callback_url="", mode=mode, return_to=return_to, challenge=challenge
        )

    def from_json(self, provider: str, fields: dict[str, object]) -> Intent:
        """Read a JSON request of a classic page.

        Raises:
            BadRequest: a field is malformed.
        """
        return self._intent(provider, fields, "classic", None, None)

    def from_page(self, provider: str, query: dict[str, str]) -> Intent:
        """Read the authorization request of a listed page. Its other fields, such as ``client_id``, decide nothing.

        Raises:
            UnlistedPage: ``redirect_uri`` is not a listed page of this provider, byte for byte.
            BadRequest: ``state`` is malformed or too long.
        """
        pages, address = self._settings.pages_of(provider), query.get("redirect_uri")
        if address not in pages:
            raise UnlistedPage(_unlisted(provider, pages))
        state = query.get("state") or None  # RFC 6749 §3.1: sent without a value is not sent
        if state is not None and not (is_printable(state) and len(json.dumps(state)) - 2 <= MAX_STATE):
            raise BadRequest(
                f"state must be printable ASCII, at most {MAX_STATE} characters of it (RFC 6749 App. A.5)."
            )
        return Intent(
            id=random_id(),
            provider=provider,
            callback_url=self._settings.callback_of(provider),
            mode="listed",
            return_to=address,
            page_state=state,
        )

    def _intent(
        self, provider: str, fields: dict[str, object], mode: str, challenge: str | None, session_id: str | None
    ) -> Intent:
        login_id = text_field(fields, "login") or random_id()
        if not LOGIN_ID.fullmatch(login_id):
            raise BadRequest("login must be 22 characters of base64url, drawn at random.")
        asked = fields.get("redirectUri")
        callback, listed = self._callbacks.get(provider) or self._callbacks_of(provider)
        is_listed = isinstance(asked, str) and asked in listed
        return Intent(
            id=login_id,
            provider=provider,
            callback_url=str(asked) if is_listed else callback,
            mode=mode,
            return_to=self._return_to(fields, mode),
            challenge=challenge,
            signed_in_as=session_id,
        )

    def _callbacks_of(self, provider: str) -> tuple[str, list[str]]:
        """The callback URL of a provider, and all that a page may ask for."""
        settings = self._settings
        # A listed page of OAuth 2.0 is no callback of the provider's: the provider's code must not reach it.
        pages = settings.pages_of(provider)
        return settings.callback_of(provider), [one for one in settings.callbacks.get(provider, ()) if one not in pages]

    def _return_to(self, fields: dict[str, object], mode: str) -> str | None:
        """Return where the login goes afterwards.

        An address that the app named must be usable. The page's own address, which the module sends together with
        ``return_to_is_default``, is left out if it is not.

        Raises:
            BadRequest: the app named an address that may not be used.
        """
        if mode == "page" and text_field(fields, "return_to_is_default") is not None:
            address = fields.get("return_to")
            return self._origins.default_return_to(address) if isinstance(address, str) else None
        checked = self._origins.check_return_to(text_field(fields, "return_to"))
        # A popup ends at our own last page. The address would only make its cookie longer.
        return checked if mode == "page" else None

    def _challenge(self, fields: dict[str, object]) -> str | None:
        """Return the S256 challenge of the page's verifier. Only token delivery uses it. RFC 7636 §4.2."""
        challenge = text_field(fields, "challenge", 128)
        if challenge is not None and not _CHALLENGE.fullmatch(challenge):
            raise BadRequest("challenge must be the base64url of a SHA-256 (RFC 7636, S256).")
        return challenge if self._settings.hands_out_tokens else None

    def _session_id(self, fields: dict[str, object]) -> str | None:
        """Return the id of the session that the page holds as a token, which a navigation cannot present."""
        session_id = text_field(fields, "session", 64)
        if session_id is not None and not _SESSION_ID.fullmatch(session_id):
            raise BadRequest("session must be the id of the session whose token the page holds.")
        return session_id if self._settings.hands_out_tokens else None


def _unlisted(provider: str, pages: Sequence[str]) -> str:
    return (
        f"redirect_uri must equal an entry of {callback_variable(provider)} after the first, byte for byte: also its "
        f"slash at the end. Listed there: {' '.join(pages)}"
    )


def refuse_frame_and_prefetch(incoming: Incoming) -> None:
    """Refuse a request from a frame, and one that a browser sends in advance.

    The callback changes state by GET, so a browser must not run it before the user goes there.

    Raises:
        NotANavigation: it is one of these.
    """
    if incoming.header("sec-fetch-dest") in _FRAMES:
        raise NotANavigation
    for name in ("sec-purpose", "purpose", "x-moz"):
        if "pre" in (incoming.header(name) or ""):  # prefetch, prerender, preview
            raise NotANavigation
