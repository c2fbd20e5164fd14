"""The tokens and nonces of one provider over OAuth 1.0a."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..personas import Persona
from ..state import State, keep


@dataclass(slots=True)
class RequestToken:
    """Temporary credentials, and what has become of them.

    Attributes:
        callback: the callback URL, or ``oob``.
        asked: the further parameters of the first request, such as a scope.
        shown: the parameters of the address that the user was sent to.
    """

    token: str
    secret: str
    callback: str
    made_at: float
    asked: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)
    persona: Persona | None = None
    verifier: str | None = None
    denied: bool = False
    exchanged: bool = False
    form_key: str = field(default_factory=lambda: secrets.token_urlsafe(16))


@dataclass(slots=True)
class AccessToken:
    """Token credentials, whose they are, and from which request token they come."""

    token: str
    secret: str
    persona: Persona
    request: RequestToken


class Tokens:
    """All tokens and nonces of one provider."""

    def __init__(self, state: State) -> None:
        self._state = state
        state.on_reset.append(self.reset)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.requests: OrderedDict[str, RequestToken] = OrderedDict()
        self.accesses: OrderedDict[str, AccessToken] = OrderedDict()
        self._nonces: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    def keep_request(self, token: RequestToken) -> None:
        """Remember a request token."""
        self._state.issued.append(token.secret)
        keep(self.requests, token.token, token)

    def keep_access(self, access: AccessToken) -> None:
        """Remember an access token."""
        self._state.issued.extend((access.token, access.secret))
        keep(self.accesses, access.token, access)

    def fresh_nonce(self, token: str, timestamp: str, nonce: str) -> bool:
        """Return whether a nonce is new. It is called only after the signature was verified."""
        key = (token, timestamp, nonce)
        if key in self._nonces:
            return False
        keep(self._nonces, key, None)
        return True
