"""The sandbox's tables and the client's records were written apart. Here the real addresses of both are compared."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from valetkey.crypto import Secret
from valetkey.protocols.oauth1 import OAuth1
from valetkey.protocols.oauth2 import OAuth2
from valetkey.protocols.openid import OpenIDConnect
from valetkey.providers.record.built_in import RECIPES
from valetkey.providers.record.provider import Provider
from valetkey.testing.sandbox import PROVIDERS, SandboxSettings
from valetkey.testing.sandbox.oauth1 import X1, OAuth1Provider
from valetkey.testing.sandbox.oauth2 import OAuth2Front
from valetkey.testing.sandbox.played import CATALOGUE, class_of


def tables() -> dict[str, dict[str, str]]:
    """The addresses of each table that has some: a server that the app names has none."""
    found: dict[str, dict[str, str]] = {}
    for name in (*PROVIDERS, *CATALOGUE):
        front = class_of(name) if name != "twitter" else None
        if isinstance(front, type) and issubclass(front, OAuth2Front) and front.addresses():
            found[name] = front.addresses()
    return found


TABLES = tables()


def built(name: str) -> Provider:
    """The provider with keys alone, so that it is at its own addresses."""
    recipe = RECIPES["twitter" if name == "x2" else name]
    if name == "x2":
        assert recipe.otherwise is not None
        recipe = recipe.otherwise
    variables = class_of(name).environment(SandboxSettings())
    given: dict[str, Any] = {}
    for one in recipe.variables:
        if one.kind in ("identifier", "secret", "text") and one.name in variables:
            given[one.argument] = Secret(variables[one.name]) if one.kind == "secret" else variables[one.name]
    return recipe.make(**given)


def used(provider: Provider) -> dict[str, str | None]:
    """What the client asks, by use."""
    protocol = provider.protocol
    found: dict[str, str | None] = {"authorize": protocol.authorize_url}
    if isinstance(protocol, OpenIDConnect):
        assert protocol.metadata is not None
        issuers = protocol.id_token_key == "issuer"
        found |= {"token": protocol.metadata.token_url, "issuer": protocol.issuer}
        found |= {"keys": protocol.metadata.keys_url if issuers else None}
        found |= {"userinfo": protocol.metadata.userinfo_url if protocol.reads_userinfo else None}
    else:
        assert isinstance(protocol, OAuth2)
        found |= {"token": protocol.token_url}
    return {**found, "profile": provider.profile_url, "emails": provider.email_url}


@pytest.mark.parametrize("name", TABLES)
def test_both_have_the_same_addresses(name: str) -> None:
    asked = {use: url.partition("?")[0] for use, url in used(built(name)).items() if url is not None}
    profile = asked.get("profile")
    if profile is not None and profile == TABLES[name].get("userinfo"):
        asked["userinfo"] = asked.pop("profile")  # OpenID's endpoint, read as a profile
    assert asked == {use: TABLES[name].get(use) for use in asked}


OVER_OAUTH1: dict[str, type[OAuth1Provider]] = {"twitter": X1}
for played in CATALOGUE:
    table: Any = class_of(played)
    if issubclass(table, OAuth1Provider):
        OVER_OAUTH1[played] = table


def same(asked: str, table: str) -> bool:
    """Whether an address is the one of the table. It may say more in its query. A table of a server that the app names
    has paths alone."""
    ours, theirs = urlsplit(asked), urlsplit(table)
    at = (ours.scheme, ours.netloc) if theirs.netloc else ("", "")
    return (*at, ours.path) == (theirs.scheme, theirs.netloc, theirs.path) and (
        set(parse_qsl(theirs.query)) <= set(parse_qsl(ours.query))
    )


@pytest.mark.parametrize("name", OVER_OAUTH1)
def test_both_have_the_same_addresses_and_methods_over_oauth1(name: str) -> None:
    front, recipe = OVER_OAUTH1[name], RECIPES[name]
    made = {"identifier": "key", "base": "https://server.test"}
    provider = recipe.make(
        **{
            one.argument: Secret(front.environment(SandboxSettings())[one.name])
            if one.kind == "secret"
            else made[one.kind]
            for one in recipe.variables
            if one.required
        }
    )
    protocol = provider.protocol
    assert isinstance(protocol, OAuth1)
    assert same(protocol.request_token_url, front.request_token_url)
    assert same(protocol.access_token_url, front.access_token_url)
    assert any(same(protocol.authorize_url, one) for one in (front.authorize_url, *front.more_authorize_urls))
    if provider.profile_url is not None:
        assert same(provider.profile_url, front.profile_url)
        assert provider.profile_method in front.profile_methods
    assert protocol.request_method in front.request_methods
    assert protocol.access_method in front.access_methods
    assert protocol.signature_method in front.signature_methods
    assert protocol.parameters_in in front.places


def test_nearly_all_of_them_are_compared() -> None:
    assert len(OVER_OAUTH1) >= 16


# Where a provider has a parameter that asks for the account, and the record sends none.
NOT_SENT = {
    "discord": "it asks at every sign-in",
    "facebook": "it asks for the password of the same account",
    "line": "on a phone it asks for a password, in place of the app",
}


def test_linking_asks_for_the_account_where_the_provider_can() -> None:
    """The user who links a second identity may be signed in there as somebody else."""
    differing = {}
    for name in (*PROVIDERS, *CATALOGUE):
        front: Any = class_of(name) if name not in ("twitter", "x2", "acme") else None
        recipe = RECIPES.get(name)
        if recipe is None or front is None or "another_account" not in vars(front):
            continue
        record = getattr(recipe.make, "choose_account", None)
        if record != front.another_account:
            differing[name] = record
    assert differing == dict.fromkeys(NOT_SENT)
