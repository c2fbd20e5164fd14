"""The tokens of X over OAuth 1.0a, shaped like X's."""

from __future__ import annotations

import secrets
import struct
from base64 import urlsafe_b64encode
from collections import OrderedDict
from dataclasses import dataclass, field

from ..personas import Persona
from ..settings import SandboxSettings
from ..state import State, base62, keep

APP_ID = 7002


@dataclass(slots=True)
class RequestToken:
    """Temporary credentials, and what has become of them."""

    token: str
    secret: str
    callback: str
    made_at: float
    persona: Persona | None = None
    verifier: str | None = None
    denied: bool = False
    exchanged: bool = False
    form_key: str = field(default_factory=lambda: secrets.token_urlsafe(16))


@dataclass(slots=True)
class AccessToken:
    """Token credentials, and whose they are."""

    token: str
    secret: str
    persona: Persona


class Tokens:
    """All tokens and nonces of this front."""

    def __init__(self, state: State) -> None:
        self.state = state
        state.on_reset.append(self.reset)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.request_tokens: OrderedDict[str, RequestToken] = OrderedDict()
        self.access_tokens: OrderedDict[str, AccessToken] = OrderedDict()
        self.nonces: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    @property
    def settings(self) -> SandboxSettings:
        """The settings of the sandbox."""
        return self.state.settings

    def issue_request_token(self, callback: str) -> RequestToken:
        """Issue a request token of 27 characters: 4 random octets, the app's id, the time in milliseconds."""
        now = self.state.now()
        raw = secrets.token_bytes(4) + struct.pack(">QQ", APP_ID, int(now * 1000))
        token = RequestToken(urlsafe_b64encode(raw).rstrip(b"=").decode(), base62(32), callback, now)
        self.state.issued.append(token.secret)
        keep(self.request_tokens, token.token, token)
        return token

    def approve(self, token: RequestToken, persona: Persona) -> str:
        """Approve a request token, and return its verifier."""
        token.persona = persona
        token.verifier = f"{secrets.randbelow(10**7):07}" if token.callback == "oob" else base62(32)
        self.state.issued.append(token.verifier)
        return token.verifier

    def issue_access_token(self, persona: Persona) -> AccessToken:
        """Issue an access token: ``<user id>-<base62>``, 50 characters in all."""
        head = f"{persona.user_id}-"
        access = AccessToken(head + base62(max(50 - len(head), 20)), base62(45), persona)
        self.state.issued.extend((access.token, access.secret))
        keep(self.access_tokens, access.token, access)
        return access

    def fresh_nonce(self, token: str, timestamp: str, nonce: str) -> bool:
        """Return whether a nonce is new. It is called only after the signature was verified."""
        key = (token, timestamp, nonce)
        if key in self.nonces:
            return False
        keep(self.nonces, key, None)
        return True
