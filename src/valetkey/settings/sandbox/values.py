"""What the sandbox mode fills in: the names, keys and addresses of the sandbox's providers.

``testing/sandbox`` has the same on its side. The two share no code, so that each tests the other; a test compares them.
"""

from __future__ import annotations

from ...providers.record.built_in import RECIPES
from ...providers.record.recipe import Recipe, Variable
from .app_keys import ec_key, rsa_key

OFFERED = ("google", "apple", "microsoft", "github", "twitter", "gitlab", "discord", "facebook", "acme")
"""The providers of an app that lists none, in the order of the buttons."""
MARK = "sandbox-"
"""The start of each key of the sandbox."""

_OIDC = "acme"  # plays any OpenID Connect server
# Where the issuer is below the provider's path, or the address that its base means.
_BELOW = {
    "acme": "",
    "auth0": "/",
    "authentik": "/application/o/acme/",
    "cognito": "/eu-west-1_Sandbox01",
    "flickr": "/services",
    "keycloak": "/realms/acme",
    "linkedin": "/oauth",
    "okta": "/oauth2/default",
    "roblox": "/oauth/",
    "twitch": "/oauth2",
}


_PROJECT = "163840776835431000"  # at Zitadel: the audience beside the app


def value_of(recipe: Recipe, variable: Variable, origin: str) -> str:
    """The value of a provider's variable: what the sandbox expects there, or its address. Empty: leave it unset."""
    name = recipe.name if recipe.name in RECIPES else _OIDC
    if recipe.name == "apple" and variable.argument in ("team_id", "key_id", "private_key"):
        return {"team_id": "SANDBOX001", "key_id": "SANDBOXKEY"}.get(variable.argument) or ec_key()
    if name == "twitter":
        if variable.argument in ("key", "secret"):
            return f"{MARK}{variable.argument}"
        if variable.kind == "origin":
            return origin
        name = "x2"
    if variable.argument == "private_key":
        return rsa_key()
    if variable.kind in ("identifier", "secret"):
        # A secret that signs has 32 octets or more (RFC 7518 §3.2).
        signs = getattr(recipe.make, "id_token_key", "issuer") == "client_secret"
        end = "-secret-of-at-least-32-octets" if signs else "-secret"
        return f"{MARK}{name}" + (end if variable.kind == "secret" else "")
    place = f"{origin}/{'oidc' if name == _OIDC else name}"
    if variable.kind == "base":
        has_issuer = any(one.kind == "issuer" for one in recipe.variables)
        return place + ("" if has_issuer else _BELOW.get(name, ""))
    if variable.kind == "issuer" and (variable.required or name in _BELOW):
        return place + _BELOW.get(name, "")
    if recipe.name == _OIDC and variable.kind == "title":
        return "Acme"
    return _PROJECT if variable.name == "ZITADEL_AUDIENCES" else ""
