"""A server that speaks OpenID Connect, by its issuer. One that has a file of its own is an ``OpenIDRecord``.

Its addresses are discovered at the first start of a login, and not when the app starts: an app runs without the server.
"""

from __future__ import annotations

from functools import partial

from ...crypto import Secret
from ...protocols.oauth2 import ClientCredentials
from .claims import read_claims, read_userinfo
from .provider import Provider
from .recipe import Recipe, client_variables, issuer_variables


def oidc(
    name: str, *, issuer: str, client_id: str, client_secret: Secret | None = None, title: str | None = None
) -> Provider:
    """An OpenID Connect server as a provider.

    Args:
        name: the provider's name in routes and rows, such as ``acme``. It must never change.
        issuer: the issuer's identifier, to the letter: some end with a slash.
        client_id: the app's client id there.
        client_secret: its secret. None for a public client, which PKCE alone protects (RFC 7636).
        title: its name on the button. None: ``name`` with a capital letter.
    """
    from ...protocols.openid import OpenIDConnect  # here, so that an app without such a server does not load it

    return Provider(
        name=name,
        title=title or name.capitalize(),
        protocol=OpenIDConnect(
            credentials=ClientCredentials(identifier=client_id, secret=client_secret),
            issuer=issuer,
            algorithms=None,
            reads_userinfo=True,
        ),
        identify=read_claims,
        describe=read_userinfo,
        choose_account="prompt=select_account",  # OpenID Connect Core 1.0 §3.1.2.1
    )


def recipe_of(name: str) -> Recipe:
    """The recipe of a provider that an app names and describes with variables alone.

    Args:
        name: a name of the app's own choice, such as ``acme``.
    """
    prefix = name.upper()
    return Recipe(
        name=name,
        title=name.capitalize(),
        make=partial(oidc, name),
        variables=issuer_variables(
            name, client_variables(name, may_be_public=True), example="https://server.example/tenant"
        ),
        keys_from=f"the server that {prefix}_ISSUER names, where the app is registered.",
    )
