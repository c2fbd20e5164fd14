"""A plain OpenID provider, as a company runs its own.

It promises ``iss`` in its metadata and sends it (RFC 9207). Its ID tokens state only who signed in; name and e-mail are
at UserInfo (OpenID Connect Core §5.4).
"""

from __future__ import annotations

from typing import ClassVar

from ..oauth2.facts import credentials_of
from ..settings import SandboxSettings
from .front import OpenIDFront
from .jws import ALGORITHMS


class Acme(OpenIDFront):
    """The plain provider."""

    name = "acme"
    title = "Acme"
    path = "/oidc"
    authorize_path = "/authorize"
    token_path = "/token"
    authentication = ("basic", "post")
    algorithms = ("RS256", "ES256", "EdDSA")
    names_algorithm = False
    defaults: ClassVar = {"sends_iss": True, "claims_in_id_token": False}
    more_metadata: ClassVar = {
        "id_token_signing_alg_values_supported": list(ALGORITHMS),
        "claims_supported": ["sub", "name", "preferred_username", "picture", "email", "email_verified"],
    }

    @classmethod
    def environment(cls, settings: SandboxSettings) -> dict[str, str]:
        keys = credentials_of(cls.name)
        return {
            "ACME_ISSUER": settings.origin + cls.path,
            "ACME_CLIENT_ID": keys["client_id"],
            "ACME_CLIENT_SECRET": keys["client_secret"],
            "ACME_TITLE": cls.title,
        }
