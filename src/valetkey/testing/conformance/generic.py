"""Provider fronts that are derived from a record: for a provider that the sandbox does not know.

Such a front cannot find a wrong address, scope or client authentication, because it has them from the record itself.
Everything else that the checks ask does not depend on them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ...protocols.oauth1 import OAuth1
from ...protocols.openid import OpenIDConnect
from ...providers.record.provider import Provider
from ..sandbox.answers import Answer, json_answer
from ..sandbox.messages import Request
from ..sandbox.oauth1 import AccessToken as OAuth1AccessToken
from ..sandbox.oauth1 import OAuth1Provider, Signed
from ..sandbox.oauth2.bearer import scheme
from ..sandbox.oauth2.front import OAuth2Front
from ..sandbox.oauth2.grants import AccessToken
from ..sandbox.openid import OpenIDFront
from ..sandbox.personas import Persona
from ..sandbox.played import FrontClass
from ..sandbox.state import State
from .example import reply_for
from .watching import Path

_CLAIMS = {
    "preferred_username": "ada",
    "name": "Ada Example",
    "picture": "https://example.com/ada.png",
    "email": "ada@example.com",
    "email_verified": True,
}
# What a whole reply has besides, and what the front says itself.
_OF_THE_TOKEN = ("access_token", "expires_in", "id_token", "refresh_token", "scope", "token_type")
_OF_THE_ID_TOKEN = ("at_hash", "aud", "auth_time", "azp", "exp", "iat", "iss", "jti", "nbf", "nonce", "sid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """The replies that a developer writes down.

    Args:
        exchange: what comes with the access token, or the claims of the ID token.
        profile: the reply at the profile's address.
        emails: the reply at the address of its own.
        ids: the members that the record takes for the subject.
        global_ids: whether ids are unique across tenants.
    """

    exchange: Mapping[str, Any] | None = None
    profile: Mapping[str, Any] | None = None
    emails: Any = None
    ids: Collection[Path] = ()
    global_ids: bool = False

    def of(self, example: Any, persona: Persona, email: str | None, origin: str) -> Any:
        """Return a reply for a user."""
        if self.global_ids and persona.tenant is not None:
            persona = Persona(**{**persona.listed(), "tenant": None})  # type: ignore[arg-type]
        picture = f"{origin}/pictures/{persona.handle}.svg" if persona.picture else None
        return reply_for(example, persona, email=email, picture=picture, ids=self.ids)


class _Played:
    """What both kinds of fronts have: the record, and replies out of its examples."""

    record: Provider
    examples: Examples
    state: State

    def reply(self, example: Any, access: AccessToken) -> Any:
        """Return a reply for the user of an access token."""
        return self.examples.of(example, access.persona, access.email, self.state.settings.origin)

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        """The user."""
        reply: dict[str, Any] = self.reply(self.examples.profile or {}, access)
        return reply

    def emails_of(self, access: AccessToken) -> Any:
        """The user's addresses."""
        return self.reply(self.examples.emails, access)


class _OAuth2(_Played, OAuth2Front):
    """A provider over OAuth 2.0."""

    def token_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        more: dict[str, Any] = self.reply(self.examples.exchange or {}, access)
        return [*super().token_fields(access), *((name, more[name]) for name in more if name not in _OF_THE_TOKEN)]


class _OpenID(_Played, OpenIDFront):
    """A provider over OpenID Connect. Without an example it has the standard claims."""

    def user_claims(self, access: AccessToken) -> dict[str, Any]:
        claims: dict[str, Any] = self.reply(self.examples.exchange or _CLAIMS, access)
        return {name: value for name, value in claims.items() if value is not None and name not in _OF_THE_ID_TOKEN}


class _OAuth1(OAuth1Provider):
    """A provider over OAuth 1.0a."""

    record: Provider
    examples: Examples
    cancel = "denied"
    oob = "registered"

    def access_fields(self, access: OAuth1AccessToken) -> list[tuple[str, Any]]:
        reply = self._reply(self.examples.exchange or {}, access)
        return [(name, value) for name, value in reply.items() if value is not None and not name.startswith("oauth_")]

    async def profile_of(self, access: OAuth1AccessToken, request: Request, signed: Signed) -> Answer:
        return json_answer(self._reply(self.examples.profile or {}, access))

    def _reply(self, example: Any, access: OAuth1AccessToken) -> dict[str, Any]:
        persona = access.persona
        reply: dict[str, Any] = self.examples.of(example, persona, persona.email, self.state.settings.origin)
        return reply


def front_for(record: Provider, examples: Examples, name: str) -> FrontClass:
    """Make a front's class.

    Args:
        record: with the real addresses.
        examples: its replies.
        name: the front's name in the sandbox.

    Raises:
        ValueError: such a record cannot be played.
    """
    protocol: Any = record.protocol
    facts: dict[str, Any] = {"record": record, "examples": examples, "name": name, "title": record.title}
    if isinstance(protocol, OAuth1):
        made: Any = type(name, (_OAuth1,), facts | _oauth1_facts(record, protocol))
    else:
        kind = _OpenID if isinstance(protocol, OpenIDConnect) else _OAuth2
        made = type(name, (kind,), facts | _facts(record, protocol))
    front: FrontClass = made
    return front


def _oauth1_facts(record: Provider, protocol: OAuth1) -> dict[str, Any]:
    if record.profile_format != "json" or record.email_url is not None:
        raise ValueError(
            "A record of OAuth 1.0a whose profile is not JSON, or whose e-mail address takes a request of its own, can "
            "be played only if the sandbox knows its provider."
        )
    return {
        "request_token_url": protocol.request_token_url,
        "authorize_url": protocol.authorize_url,
        "access_token_url": protocol.access_token_url,
        "profile_url": record.profile_url or "",
        "profile_methods": ("GET", "POST"),
        "request_methods": (protocol.request_method,),
        "access_methods": (protocol.access_method,),
        "signature_methods": (protocol.signature_method,),
        "token_parameter": protocol.token_parameter,
        "consumer_key_parameter": protocol.consumer_key_parameter,
    }


def _facts(record: Provider, protocol: Any) -> dict[str, Any]:
    response_mode = protocol.response_mode
    facts: dict[str, Any] = {
        "email_scope": None,
        "client_id_parameter": getattr(protocol, "client_id_parameter", "client_id"),
        "response_modes": ("query", response_mode) if response_mode else ("query",),
        "authentication": (
            *((protocol.client_authentication,) if protocol.client_authentication else ("basic", "post")),
            *(("none",) if protocol.credentials.secret is None else ()),
        ),
        "profile_path": urlsplit(record.profile_url or "").path,
        "emails_path": urlsplit(record.email_url or "").path,
        "profile_methods": ("GET", "POST"),
        "defaults": {"pkce": "checked" if protocol.pkce else "ignored"},
    }
    if isinstance(protocol, OpenIDConnect):
        algorithms = protocol.algorithms or ("RS256",)
        facts["signs_with_secret"] = protocol.id_token_key == "client_secret"  # noqa: S105  # a word
        algorithms = ("RS256",) if facts["signs_with_secret"] else algorithms
        facts["algorithms"] = algorithms
        facts["defaults"] |= {"nonce": protocol.returns_nonce, "algorithm": algorithms[0]}
        facts["defaults"] |= {"sends_iss": bool(protocol.sends_iss)}
        facts |= {"authorize_path": "/authorize", "token_path": "/token"}
        return facts
    facts |= {
        "authorize_path": urlsplit(protocol.authorize_url).path,
        "token_path": urlsplit(protocol.token_url).path,
        "scope_separators": f" {protocol.scope_separator}",
        "credentials": scheme(protocol.token_scheme),
        "token_placement": protocol.token_placement,
    }
    facts["defaults"] |= {"sends_iss": protocol.sends_iss}
    return facts
