"""A provider over OpenID Connect: an OAuth 2.0 server with ID tokens, keys, metadata and UserInfo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ..alterations import altered
from ..answers import Answer, answering, json_answer
from ..messages import Request, Route
from ..oauth2.bearer import require_scope
from ..oauth2.facts import Profile
from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken
from ..state import State
from . import id_token
from .jws import family, half_hash
from .keys import KeyRing


class OpenIDFront(OAuth2Front):
    """A provider over OpenID Connect.

    Attributes:
        issuer_address: the real issuer's identifier. Empty if the app names it.
        keys_site, userinfo_site: the real origins of keys and UserInfo, if they are not that of the token endpoint.
        keys_path, userinfo_path, discovery_path: below ``path``. No UserInfo if its path is empty.
        signs_with_secret: ID tokens are signed with HS256 and the client secret. The published keys are for others.
        algorithms: a key for each is published from the start.
        id_token_seconds: how long an ID token is valid.
        sends_at_hash: whether the ID token has ``at_hash``.
        names_algorithm: whether the keys have ``alg``.
        more_metadata: further members of the metadata.
    """

    issuer_address: ClassVar[str] = ""
    keys_site: ClassVar[str] = ""
    userinfo_site: ClassVar[str] = ""
    keys_path: ClassVar[str] = "/keys"
    userinfo_path: ClassVar[str] = "/userinfo"
    discovery_path: ClassVar[str] = "/.well-known/openid-configuration"
    signs_with_secret: ClassVar[bool] = False
    response_modes: ClassVar[tuple[str, ...]] = ("query", "fragment", "form_post")
    algorithms: ClassVar[tuple[str, ...]] = ("RS256",)
    id_token_seconds: ClassVar[int] = 3600
    sends_at_hash: ClassVar[bool] = True
    names_algorithm: ClassVar[bool] = True
    more_metadata: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.keys = KeyRing(*self.algorithms)

    def reset(self) -> None:
        super().reset()
        self.keys.reset()

    def change(self, **switches: Any) -> None:
        if "algorithm" in switches:
            family(switches["algorithm"])
        id_token.check_alteration(switches.get("id_token", {}))
        super().change(**switches)

    @classmethod
    def addresses(cls) -> dict[str, str]:
        """Return the real provider's addresses, also ``issuer``, ``keys`` and ``userinfo``."""
        if not cls.site:
            return {}
        api = cls.api or cls.site
        return {
            **super().addresses(),
            "issuer": cls.issuer_address,
            "keys": (cls.keys_site or api) + cls.keys_path,
            **({"userinfo": (cls.userinfo_site or api) + cls.userinfo_path} if cls.userinfo_path else {}),
        }

    @classmethod
    def app_keys(cls) -> dict[str, str]:
        """Return the client id and secret. A secret that signs has 32 octets or more (RFC 7518 §3.2)."""
        keys = super().app_keys()
        more = "-of-at-least-32-octets" if cls.signs_with_secret else ""
        return {**keys, "client_secret": keys["client_secret"] + more}

    # Metadata and keys

    def metadata(self, path: Mapping[str, str]) -> dict[str, Any]:
        """Return the server's metadata. OpenID Connect Discovery §3; RFC 9207 §3."""
        promises = self.switches.promises_iss
        promised = self.switches.sends_iss if promises is None else promises
        return {
            "issuer": self.issuer,
            "authorization_endpoint": self.base + self.authorize_path,
            "token_endpoint": self.base + self.token_path,
            **({"userinfo_endpoint": self.base + self.userinfo_path} if self.userinfo_path else {}),
            "jwks_uri": self.base + self.keys_path,
            "response_types_supported": ["code"],
            "response_modes_supported": list(self.response_modes),
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": list(dict.fromkeys([self.switches.algorithm, *self.algorithms])),
            "scopes_supported": ["openid", "profile", "email"],
            "token_endpoint_auth_methods_supported": [
                one if one == "none" else f"client_secret_{one}" for one in self.authentication
            ],
            "code_challenge_methods_supported": ["S256"],
            **({"authorization_response_iss_parameter_supported": True} if promised else {}),
            **self.more_metadata,
        }

    def key_members(self) -> dict[str, str]:
        """Return further members of each key."""
        return {}

    def more_routes(self) -> list[Route]:
        async def discovery(request: Request, body: bytes) -> Answer:
            return json_answer(self.metadata(request.path_params))

        async def keys(request: Request, body: bytes) -> Answer:
            jwks = self.keys.jwks(
                self.switches.algorithm,
                kid=self.switches.kid,
                names_algorithm=self.names_algorithm,
                more=self.key_members(),
            )
            return json_answer(jwks, headers={"cache-control": "public, max-age=3600"})

        def nothing(request: Request, body: bytes) -> dict[str, Any]:
            return {}

        published: dict[str, tuple[str, Callable[[Request, bytes], Any]]] = {
            self.discovery_path: ("discovery", discovery),
            self.keys_path: ("keys", keys),
        }
        return [
            Route(self.path + path, answering(self.state, self.name, name, verb, nothing), methods=["GET"])
            for path, (name, verb) in published.items()
        ]

    # Tokens

    def claims(self, access: AccessToken) -> dict[str, Any]:
        """Return the claims that make an ID token. OpenID Connect Core §2."""
        asked, now = access.code.authorization, int(self.state.now())
        return {
            "iss": self.token_issuer(access),
            "sub": self.subject_of(access.persona),
            "aud": asked.client_id,
            "iat": now,
            "exp": now + self.id_token_seconds,
            **({"nonce": asked.nonce} if asked.nonce is not None and self.switches.nonce else {}),
            **({"at_hash": half_hash(self.switches.algorithm, access.token)} if self.sends_at_hash else {}),
        }

    def token_issuer(self, access: AccessToken) -> str:
        """Return the issuer that an ID token names."""
        return self.issuer

    def user_claims(self, access: AccessToken) -> dict[str, Any]:
        """Return what the user's scopes ask for. OpenID Connect Core §5.1, §5.4."""
        scopes, persona = access.code.authorization.scopes, access.persona
        claims: dict[str, Any] = {}
        if "profile" in scopes and not persona.anonymous:
            picture = f"{self.state.settings.origin}/pictures/{persona.handle}.svg"
            claims = {"name": persona.name, "preferred_username": persona.handle}
            claims |= {"picture": picture} if persona.picture else {}
        if access.email is not None:
            claims |= {"email": access.email, "email_verified": persona.email_verified}
        return claims

    def token_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        fields = super().token_fields(access)
        if "openid" not in access.code.authorization.scopes:
            return fields
        switches = self.switches
        stated = self.claims(access) | (self.user_claims(access) if switches.claims_in_id_token else {})
        signed = id_token.made(
            altered(self.state.alterations.get(self.name, {}), stated),
            key=self.keys.current(switches.algorithm),
            algorithm=switches.algorithm,
            kid=switches.kid and not self.signs_with_secret,
            client_secret=switches.client_secret,
            alteration={**({"sign": "client_secret"} if self.signs_with_secret else {}), **switches.id_token},
        )
        return [*fields, ("id_token", signed)]

    # UserInfo

    def profiles(self) -> dict[str, tuple[str, Profile, tuple[str, ...]]]:
        userinfo = ("userinfo", self.userinfo, ("GET", "POST"))
        return {**super().profiles(), **({self.userinfo_path: userinfo} if self.userinfo_path else {})}

    async def userinfo(self, access: AccessToken, request: Request) -> Answer:
        """What the server states about the user. OpenID Connect Core §5.3."""
        require_scope(access, "openid")
        return json_answer(self.userinfo_claims(access))

    def userinfo_claims(self, access: AccessToken) -> dict[str, Any]:
        """Return what UserInfo states."""
        return {"sub": self.subject_of(access.persona), **self.user_claims(access)}
