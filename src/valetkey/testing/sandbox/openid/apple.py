"""Apple over OpenID Connect (developer.apple.com, "Sign in with Apple REST API").

The client secret is a JSON Web Token that the app signs with its own key. The sandbox draws the key, gives it to the
app by its environment variables, and judges by the public part. Name and e-mail come by form_post. The name stands in
the form alone, at the first consent, and nobody has signed it.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ..oauth2.clients import OTHER_CLIENT
from ..oauth2.facts import credentials_of
from ..oauth2.grants import AccessToken, Authorization, Code
from ..oauth2.refusals import Judge, Refusal
from ..personas import Persona
from ..settings import SandboxSettings
from ..state import base62
from .front import OpenIDFront
from .jws import BadJwt, es256_claims

TEAM_ID = "SANDBOX001"
KEY_ID = "SANDBOXKEY"
LIFETIME_SECONDS = 15_777_000  # six months
_RELAY = re.compile(r".+@privaterelay\.appleid\.com")


class Apple(OpenIDFront):
    """Apple. It has no user names, no pictures and no UserInfo, and its flags are texts."""

    name = "apple"
    title = "Apple"
    path = "/apple"
    site = "https://appleid.apple.com"
    issuer_address = "https://appleid.apple.com"
    authorize_path = "/auth/authorize"
    token_path = "/auth/token"
    keys_path = "/auth/keys"
    userinfo_path = ""
    authentication = ("post",)
    known_scopes = ("openid", "name", "email")
    defaults: ClassVar = {"code_seconds": 300.0, "silent": False}

    @property
    def secrets(self) -> list[str]:
        return [self.state.settings.apple_private_key]

    def secret_of(self, client_id: str) -> str | None:
        return "" if client_id in (self.switches.client_id, OTHER_CLIENT) else None

    def proves(self, client_id: str, secret: str, judge: Judge) -> bool:
        """Judge the client secret. Apple, "Creating a client secret"."""
        self.state.issued.append(secret)
        key = load_pem_private_key(self.state.settings.apple_private_key.encode(), None)
        assert isinstance(key, EllipticCurvePrivateKey)
        try:
            self._check_secret(client_id, es256_claims(secret, key.public_key(), KEY_ID))
        except BadJwt as fault:
            judge.wrong("invalid_client", f"the client secret is not right: {fault}", 400)
        return True

    def _check_secret(self, client_id: str, claims: dict[str, Any]) -> None:
        now = self.state.now()
        for name, expected in (("iss", TEAM_ID), ("sub", client_id), ("aud", self.issuer)):
            if claims.get(name) != expected:
                raise BadJwt(f"{name} is {claims.get(name)!r}, not {expected!r}")
        issued, expires = claims.get("iat"), claims.get("exp")
        if type(issued) is not int or type(expires) is not int:
            raise BadJwt("iat and exp must be numbers")
        if issued > now + 60:
            raise BadJwt(f"it was issued {issued - now:.0f} s in the future")
        if expires <= now:
            raise BadJwt(f"it expired {now - expires:.0f} s ago")
        if expires > now + LIFETIME_SECONDS:
            raise BadJwt(f"it is valid for {expires - now:.0f} s, and {LIFETIME_SECONDS} are allowed")

    def check(self, asked: Authorization) -> None:
        if {"name", "email"} & set(asked.scopes) and asked.response_mode != "form_post":
            raise Refusal("invalid_request", "response_mode must be form_post when name or email scope is requested.")

    def subject_of(self, persona: Persona) -> str:
        if persona.made_up:
            return persona.user_id
        return f"000000.{hashlib.sha256(persona.user_id.encode()).hexdigest()[:32]}.0001"

    def refusal_fields(self, error: str) -> dict[str, str]:
        return {"error": "user_cancelled_authorize" if error == "access_denied" else error}

    def new_code(self) -> str:
        return f"c{base62(32)}.0.{base62(4)}.{base62(22)}"

    def new_token(self, code: Code) -> str:
        return f"a{base62(32)}.0.{base62(4)}.{base62(22)}"

    def callback_fields(self, code: Code) -> dict[str, str]:
        """``user`` comes once: with the first consent of this user to this app."""
        scopes, persona = code.authorization.scopes, code.persona
        if not code.first_consent or not {"name", "email"} & set(scopes):
            return {}
        shown: dict[str, Any] = {}
        if "name" in scopes and not persona.anonymous:
            first, _, last = persona.name.partition(" ")
            shown["name"] = {"firstName": first, "lastName": last}
        if code.shares_email and persona.email is not None:
            shown["email"] = persona.email
        return {"user": json.dumps(shown)} if shown else {}

    def token_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        return [field for field in super().token_fields(access) if field[0] != "scope"]

    def user_claims(self, access: AccessToken) -> dict[str, Any]:
        if access.email is None:
            return {}
        claims = {"email": access.email, "email_verified": "true" if access.persona.email_verified else "false"}
        return claims | ({"is_private_email": "true"} if _RELAY.fullmatch(access.email) else {})

    @classmethod
    def environment(cls, settings: SandboxSettings) -> dict[str, str]:
        return {
            "APPLE_CLIENT_ID": credentials_of(cls.name)["client_id"],
            "APPLE_TEAM_ID": TEAM_ID,
            "APPLE_KEY_ID": KEY_ID,
            "APPLE_PRIVATE_KEY": settings.apple_private_key,
            "VALETKEY_APPLE_BASE": settings.origin + cls.path,
        }
