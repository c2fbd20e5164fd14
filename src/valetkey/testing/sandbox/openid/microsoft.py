"""Microsoft over OpenID Connect (learn.microsoft.com/entra/identity-platform, "v2-protocols-oidc").

The address of every endpoint names a tenant: one organisation's id, or ``common``, ``organizations``, ``consumers``.
The metadata of ``common`` and ``organizations`` has ``{tenantid}`` where an ID token has its own tenant.
"""

from __future__ import annotations

import re
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, ClassVar

from ..messages import Request
from ..oauth2.grants import AccessToken, Authorization, Code
from ..oauth2.refusals import Refusal
from ..personas import Persona
from .front import OpenIDFront

ORGANISATION = "7002c0de-0000-4000-8000-000000000001"
"""The sandbox's own organisation, to which a user without a tenant belongs."""
CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The tenant of personal accounts."""
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WORDS = ("common", "organizations", "consumers")


class Microsoft(OpenIDFront):
    """Microsoft. It says of no e-mail address whether it is verified."""

    name = "microsoft"
    title = "Microsoft"
    path = "/microsoft"
    authorize_path = "/{tenant}/oauth2/v2.0/authorize"
    token_path = "/{tenant}/oauth2/v2.0/token"
    keys_path = "/{tenant}/discovery/v2.0/keys"
    userinfo_path = "/oidc/userinfo"
    discovery_path = "/{tenant}/v2.0/.well-known/openid-configuration"
    authentication = ("post", "basic")
    sends_at_hash = False
    names_algorithm = False
    headers: ClassVar = {"cross-origin-opener-policy": "same-origin"}

    def metadata(self, path: Mapping[str, str]) -> dict[str, Any]:
        tenant = path["tenant"]
        found = super().metadata(path)
        del found["code_challenge_methods_supported"]  # it knows PKCE, and does not say so
        addresses = {name: value for name, value in found.items() if isinstance(value, str)}
        named = found | {name: value.replace("{tenant}", tenant) for name, value in addresses.items()}
        shown = {"common": "{tenantid}", "organizations": "{tenantid}", "consumers": CONSUMERS}.get(tenant, tenant)
        return {**named, "issuer": f"{self.base}/{shown}/v2.0", "subject_types_supported": ["pairwise"]}

    def key_members(self) -> dict[str, str]:
        return {"issuer": f"{self.base}/{{tenantid}}/v2.0"}

    def check(self, asked: Authorization) -> None:
        tenant = asked.path["tenant"]
        if tenant not in _WORDS and not _GUID.fullmatch(tenant):
            raise Refusal("invalid_request", f"AADSTS90002: the tenant {tenant!r} is not found")
        if not asked.scopes:
            raise Refusal("invalid_request", "AADSTS900144: no scope")

    def check_exchange(self, code: Code, request: Request) -> None:
        asked, tenant = code.authorization.path["tenant"], request.path_params["tenant"]
        if asked != tenant:
            raise Refusal("invalid_grant", f"the code was issued at the tenant {asked}, not at {tenant}")

    def admits(self, persona: Persona, path: Mapping[str, str]) -> bool:
        tenant = path["tenant"]
        personal = persona.tenant == CONSUMERS
        words = {"common": True, "organizations": not personal, "consumers": personal}
        return words.get(tenant, persona.tenant in (None, tenant))

    def tenant_of(self, persona: Persona, path: Mapping[str, str]) -> str:
        """Return the tenant of a user: its own, else the one that the address names, else the sandbox's."""
        if persona.tenant is not None:
            return persona.tenant
        return path["tenant"] if _GUID.fullmatch(path.get("tenant", "")) else ORGANISATION

    def subject_of(self, persona: Persona) -> str:
        """Return ``oid``, which is unique within a tenant."""
        named = persona.user_id
        return named if _GUID.fullmatch(named) else str(uuid.uuid5(uuid.NAMESPACE_OID, named))

    def token_issuer(self, access: AccessToken) -> str:
        return f"{self.base}/{self.tenant_of(access.persona, access.code.authorization.path)}/v2.0"

    def claims(self, access: AccessToken) -> dict[str, Any]:
        asked = access.code.authorization
        now = round(self.state.now())
        return super().claims(access) | {
            "sub": _pairwise(asked.client_id, access.persona),
            "tid": self.tenant_of(access.persona, asked.path),
            "nbf": now,
            "ver": "2.0",
            **({"oid": self.subject_of(access.persona)} if "profile" in asked.scopes else {}),
        }

    def user_claims(self, access: AccessToken) -> dict[str, Any]:
        claims = super().user_claims(access)
        claims.pop("email_verified", None)
        claims.pop("picture", None)
        if "preferred_username" in claims:
            claims["preferred_username"] = f"{access.persona.handle}@sandbox.example"
        return claims

    def userinfo_claims(self, access: AccessToken) -> dict[str, Any]:
        """UserInfo names the user by ``sub`` alone."""
        return {"sub": _pairwise(access.code.authorization.client_id, access.persona), **self.user_claims(access)}

    def refusal_fields(self, error: str) -> dict[str, str]:
        if error != "access_denied":
            return {"error": error, "error_description": "AADSTS90000: The sandbox refused."}
        described = "AADSTS65004: User declined to consent to access the app."
        return {"error": error, "error_subcode": "cancel", "error_description": described}

    def callback_fields(self, code: Code) -> dict[str, str]:
        return {"session_state": str(uuid.uuid5(uuid.NAMESPACE_OID, code.persona.user_id))}


def _pairwise(client_id: str, persona: Persona) -> str:
    return urlsafe_b64encode(sha256(f"{client_id} {persona.user_id}".encode()).digest()).rstrip(b"=").decode()
