"""What an OAuth 2.0 server remembers: authorization requests, codes, access tokens."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..personas import Persona
from ..state import keep


@dataclass(slots=True, kw_only=True)
class Authorization:
    """An authorization request that was found to be right. RFC 6749 §4.1.1.

    Args:
        client_id, redirect_uri, state, nonce, response_mode, prompt: as sent.
        scopes: one by one.
        challenge: the S256 challenge, if the server keeps it.
        query: the whole query.
        path: what the address's path says, such as Microsoft's tenant.
        made_at: when it came, in seconds since 1970.
    """

    client_id: str
    redirect_uri: str
    state: str | None
    nonce: str | None
    response_mode: str
    prompt: str | None
    scopes: tuple[str, ...]
    challenge: str | None
    query: Mapping[str, str]
    path: Mapping[str, str]
    made_at: float
    settled: bool = False
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    form_key: str = field(default_factory=lambda: secrets.token_urlsafe(16))


@dataclass(slots=True, kw_only=True)
class Code:
    """An authorization code, and what has become of it.

    Args:
        sent: the other fields of its callback.
    """

    code: str
    authorization: Authorization
    persona: Persona
    shares_email: bool
    first_consent: bool
    made_at: float
    sent: Mapping[str, str] = field(default_factory=dict)
    used: bool = False
    access_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """An access token, and what it was issued for."""

    token: str
    code: Code

    @property
    def persona(self) -> Persona:
        """Whose it is."""
        return self.code.persona

    @property
    def email(self) -> str | None:
        """The e-mail address that the user shares."""
        return self.persona.email if self.code.shares_email else None


class Grants:
    """All of one provider."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.authorizations: OrderedDict[str, Authorization] = OrderedDict()
        self.codes: OrderedDict[str, Code] = OrderedDict()
        self.tokens: OrderedDict[str, AccessToken] = OrderedDict()
        self.consented: OrderedDict[tuple[str, str], None] = OrderedDict()

    def keep_authorization(self, asked: Authorization) -> None:
        """Keep an authorization request until the user has decided."""
        keep(self.authorizations, asked.id, asked)

    def keep_code(self, code: Code) -> None:
        """Keep a code, and note that this user has consented to this client."""
        keep(self.codes, code.code, code)
        keep(self.consented, (code.authorization.client_id, code.persona.user_id), None)

    def keep_token(self, token: AccessToken) -> None:
        """Keep an access token, so that its code can revoke it."""
        token.code.access_token = token.code.access_token or token.token
        keep(self.tokens, token.token, token)

    def revoke_of(self, code: Code) -> None:
        """Revoke the access token that was issued for a code."""
        self.tokens.pop(code.access_token or "", None)
