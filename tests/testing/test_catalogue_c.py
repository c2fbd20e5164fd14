"""The test kit signs in with twelve providers of the catalogue, each as the sandbox plays it: what an app gets."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from testing import apps
from valetkey import Secret
from valetkey.providers.record.built_in import RECIPES
from valetkey.testing import Sandbox, SignInFailed, signed_in
from valetkey.testing.sandbox.played import class_of

NUMBER = "9000000000000000001"
UUID = "b789d051-e67f-5fea-92b0-d2ccdc8988a5"
HASH = "3c7ca2a7bdaaa199ab5ff06205ca3b1b9345c302a1e693be1a903f018a6178de"
NAME, EMAIL = "Ada Example", "ada@example.com"
# the provider → the subject of ada, the handle, the name, the e-mail address and whether it is verified
PROVIDERS: dict[str, tuple[str, str | None, str | None, str | None, bool]] = {
    "yandex": (NUMBER, "ada", NAME, EMAIL, False),
    "mastodon": (NUMBER, "ada", NAME, None, False),
    "okta": (f"00u{HASH[:17]}", "ada@sandbox.example", NAME, EMAIL, True),
    "auth0": (f"auth0|{HASH[:24]}", None, NAME, EMAIL, True),
    "keycloak": (UUID, "ada", NAME, EMAIL, True),
    "authentik": (HASH, "ada", NAME, EMAIL, False),
    "zitadel": (NUMBER, "ada@acme.sandbox.example", NAME, EMAIL, True),
    "cognito": (UUID, None, NAME, EMAIL, True),
    "workos": ("user_013C7CA2A7BDAAA199AB5FF062", None, NAME, EMAIL, True),
    "kick": (NUMBER, "ada", None, EMAIL, False),
    "roblox": (NUMBER, "ada", NAME, None, False),
    "instagram": (NUMBER, "ada", NAME, None, False),
}


def of(sandbox: Sandbox, provider: str) -> TestClient:
    return TestClient(apps.starlette_app(sandbox.settings_for(provider)))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_provider(valetkey_sandbox: Sandbox, provider: str) -> None:
    """What the sandbox refuses would be in its journal."""
    subject, handle, name, email, verified = PROVIDERS[provider]
    (identity,) = signed_in(of(valetkey_sandbox, provider), "ada", provider=provider).identities
    server = urlsplit(valetkey_sandbox.origin).netloc
    assert identity.subject == (f"{server}/mastodon/{subject}" if provider == "mastodon" else subject)
    assert (identity.provider, identity.handle, identity.name) == (provider, handle, name)
    assert (identity.email, identity.email_verified) == (email, verified)
    assert {entry["provider"] for entry in valetkey_sandbox.journal} == {provider}
    assert [entry for entry in valetkey_sandbox.journal if not entry["accepted"]] == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_code_that_is_refused(valetkey_sandbox: Sandbox, provider: str) -> None:
    """Each has an error of its own shape. It is a definite no, and ends the login with the provider's refusal."""
    client = of(valetkey_sandbox, provider)
    valetkey_sandbox.set(provider=provider, code_seconds=-1)
    with pytest.raises(SignInFailed) as failed:
        signed_in(client, provider=provider)
    assert failed.value.code == "provider_refused"
    assert len(valetkey_sandbox.calls("token")) == 1


def test_an_access_token_of_cognito_is_no_id_token(valetkey_sandbox: Sandbox) -> None:
    client = of(valetkey_sandbox, "cognito")
    valetkey_sandbox.set(provider="cognito", id_token={"set": {"token_use": "access"}})
    with pytest.raises(SignInFailed) as failed:
        signed_in(client, provider="cognito")
    assert failed.value.code == "provider_reply_invalid"


def test_another_project_of_zitadel_is_no_audience(valetkey_sandbox: Sandbox) -> None:
    client = of(valetkey_sandbox, "zitadel")
    audience = ["sandbox-zitadel", "163840776835439999"]
    valetkey_sandbox.set(provider="zitadel", id_token={"set": {"aud": audience}})
    with pytest.raises(SignInFailed) as failed:
        signed_in(client, provider="zitadel")
    assert failed.value.code == "provider_reply_invalid"


def test_the_flag_of_okta_is_at_userinfo(valetkey_sandbox: Sandbox) -> None:
    client = of(valetkey_sandbox, "okta")
    (identity,) = signed_in(client, "unverified", provider="okta").identities
    assert (identity.email, identity.email_verified) == ("ada@example.com", False)
    assert [one["endpoint"] for one in valetkey_sandbox.journal][-1] == "userinfo"


@pytest.mark.parametrize("name", ["yandex", "kick", "roblox", "instagram"])
def test_the_addresses_are_those_of_the_providers_pages(name: str) -> None:
    """The sandbox's table and the record were written by two, from the same pages."""
    addresses = class_of(name).addresses()  # type: ignore[attr-defined]
    made = RECIPES[name].make(client_id="id", client_secret=Secret("secret"))
    protocol: Any = made.protocol
    if name == "roblox":
        metadata = protocol.metadata
        assert addresses == {
            "authorize": metadata.authorize_url,
            "token": metadata.token_url,
            "issuer": metadata.issuer,
            "keys": metadata.keys_url,
            "userinfo": metadata.userinfo_url,
        }
    else:
        profile = (made.profile_url or "").partition("?")[0]
        assert addresses == {"authorize": protocol.authorize_url, "token": protocol.token_url, "profile": profile}
