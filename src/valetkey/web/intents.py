"""What a start asks for, judged: the login that a page wants to begin. Nothing in it chooses an address; a callback URL
that is asked for must be one of the settings' to the letter, and is ignored otherwise."""

from __future__ import annotations

import re
import secrets

from ..errors import BadRequest, NotANavigation
from ..login.attempt import Intent
from ..settings import Settings
from .cookies import LOGIN_ID
from .fields import text_field
from .http import Incoming
from .origins import Origins

_MODES = frozenset({"popup", "page"})
_SESSION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_FRAMES = frozenset({"iframe", "frame", "embed", "object", "fencedframe"})


class Intents:
    """Reads them."""

    __slots__ = ("_origins", "_settings")

    def __init__(self, settings: Settings, origins: Origins) -> None:
        self._settings = settings
        self._origins = origins

    def of_form(self, provider: str, fields: dict[str, object]) -> Intent:
        """Of a form that navigates a window. Raises: BadRequest."""
        mode = text_field(fields, "mode") or "popup"
        if mode not in _MODES:
            raise BadRequest("mode must be popup or page.")
        return self._of(provider, fields, mode, self._challenge(fields), self._session(fields))

    def of_classic(self, provider: str, fields: dict[str, object]) -> Intent:
        """Of a page's own JSON request. Raises: BadRequest."""
        return self._of(provider, fields, "classic", None, None)

    def _of(
        self, provider: str, fields: dict[str, object], mode: str, challenge: str | None, signed_in_as: str | None
    ) -> Intent:
        login_id = text_field(fields, "login") or secrets.token_urlsafe(16)
        if not LOGIN_ID.fullmatch(login_id):
            raise BadRequest("login must be 22 characters of base64url, drawn at random.")
        asked, settings = fields.get("redirectUri"), self._settings
        listed = isinstance(asked, str) and asked in settings.listed_callbacks
        return Intent(
            id=login_id,
            provider=provider,
            callback_url=str(asked) if listed else settings.callback_of(provider),
            mode=mode,
            return_to=self._return_to(fields, mode),
            challenge=challenge,
            signed_in_as=signed_in_as,
        )

    def _return_to(self, fields: dict[str, object], mode: str) -> str | None:
        """Where the login goes afterwards. An address that the app named is refused where it cannot be used; the
        page's own, with ``return_to_is_default``, is left out then. Raises: BadRequest."""
        if mode == "page" and text_field(fields, "return_to_is_default") is not None:
            address = fields.get("return_to")
            return self._origins.default_return_to(address) if isinstance(address, str) else None
        judged = self._origins.return_to(text_field(fields, "return_to"))
        # A popup ends at our own last page, and an address would only make its cookie longer.
        return judged if mode == "page" else None

    def _challenge(self, fields: dict[str, object]) -> str | None:
        """S256 of the page's verifier, for a page that is handed its pass; nobody else has a use for one."""
        challenge = text_field(fields, "challenge", 128)
        if challenge is not None and not _CHALLENGE.fullmatch(challenge):
            raise BadRequest("challenge must be the base64url of a SHA-256 (RFC 7636, S256).")
        return challenge if self._settings.hands_out_tokens else None

    def _session(self, fields: dict[str, object]) -> str | None:
        """The id of the session that the page holds as a token, which no window presents."""
        session_id = text_field(fields, "session", 64)
        if session_id is not None and not _SESSION_ID.fullmatch(session_id):
            raise BadRequest("session must be the id of the session whose token the page holds.")
        return session_id if self._settings.hands_out_tokens else None


def require_a_window(incoming: Incoming) -> None:
    """Never in a frame, and never because a browser guessed ahead: the callback changes state by GET."""
    ahead = "".join(incoming.header(name) or "" for name in ("sec-purpose", "purpose", "x-moz"))
    if incoming.header("sec-fetch-dest") in _FRAMES or "pre" in ahead:
        raise NotANavigation
