"""The test kit signs in with each provider that the sandbox plays."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.testclient import TestClient

from testing import apps
from valetkey import Secret, Settings
from valetkey.providers.apple import apple
from valetkey.providers.gitlab import gitlab
from valetkey.providers.google import google
from valetkey.providers.microsoft import microsoft
from valetkey.testing import Sandbox, SignInFailed, signed_in, signed_out

ADA = "9000000000000000001"
# the sandbox's name → the app's, the subject of ada, the handle, the e-mail address and whether it is verified
PROVIDERS: dict[str, tuple[str, str, str | None, str | None, bool]] = {
    "twitter": ("twitter", ADA, "ada", None, False),
    "x2": ("twitter", ADA, "ada", None, False),
    "google": ("google", ADA, None, "ada@example.com", True),
    "github": ("github", ADA, "ada", "ada@example.com", True),
    "apple": ("apple", "000000.3c7ca2a7bdaaa199ab5ff06205ca3b1b.0001", None, "ada@example.com", True),
    "microsoft": (
        "microsoft", "7002c0de-0000-4000-8000-000000000001.b789d051-e67f-5fea-92b0-d2ccdc8988a5",
        "ada@sandbox.example", "ada@example.com", False,
    ),
    "acme": ("acme", ADA, "ada", "ada@example.com", True),
    "discord": ("discord", ADA, "ada", "ada@example.com", True),
    "facebook": ("facebook", ADA, None, "ada@example.com", False),
    "gitlab": ("gitlab", ADA, "ada", "ada@example.com", True),
}  # fmt: skip


def a_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def of(settings: Settings) -> TestClient:
    return TestClient(apps.starlette_app(settings))


@pytest.mark.parametrize("played", PROVIDERS)
def test_each_provider(valetkey_sandbox: Sandbox, played: str) -> None:
    provider, subject, handle, email, verified = PROVIDERS[played]
    client = of(valetkey_sandbox.settings_for(played))
    (identity,) = signed_in(client, "ada", provider=provider).identities
    assert (identity.provider, identity.subject, identity.handle) == (provider, subject, handle)
    assert (identity.email, identity.email_verified) == (email, verified)
    assert client.get("/api/me").json()["account"]["identities"][0]["subject"] == subject
    assert {entry["provider"] for entry in valetkey_sandbox.journal} == {played}
    assert [entry for entry in valetkey_sandbox.journal if not entry["accepted"]] == []
    signed_out(client)
    assert client.get("/api/me").status_code == 401


@pytest.mark.parametrize("app", [apps.fastapi_app, apps.flask_app, apps.litestar_app])
def test_each_framework(valetkey_sandbox: Sandbox, app: Any) -> None:
    """Apple's way back has a form; every other way is like Google's."""
    made = app(valetkey_sandbox.settings_for("google", "apple"))
    if app is apps.litestar_app:
        from litestar.testing import TestClient as LitestarClient

        client: Any = LitestarClient(made)
    else:
        client = made.test_client() if app is apps.flask_app else TestClient(made)
    for provider in ("apple", "google"):
        assert signed_in(client, provider=provider).identities[0].provider == provider


def test_several_providers_in_their_order(valetkey_sandbox: Sandbox) -> None:
    settings = valetkey_sandbox.settings_for("github", "twitter", "acme")
    assert [(one.name, one.title) for one in settings.providers] == [
        ("github", "GitHub"),
        ("twitter", "X"),
        ("acme", "Acme"),
    ]
    assert settings.callback_of("github") == "http://127.0.0.1:8000/auth/github"
    client = of(settings)
    accounts = {signed_in(client, provider=provider).id for provider in ("github", "acme", "twitter")}
    assert len(accounts) == 3  # one id at three providers is three users


def test_what_the_sandbox_does_not_play(valetkey_sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="plays no 'live'; there are twitter, google, github"):
        valetkey_sandbox.environment_for("google", "live")


def test_the_environment_of_some_hides_that_of_others(valetkey_sandbox: Sandbox) -> None:
    assert valetkey_sandbox.environment["TWITTER_CONSUMER_KEY"] == "sandbox-key"
    assert valetkey_sandbox.environment_for("google")["TWITTER_CONSUMER_KEY"] == ""
    assert valetkey_sandbox.environment_for("google", "twitter")["TWITTER_CONSUMER_KEY"] == "sandbox-key"


def test_personas_of_a_provider(valetkey_sandbox: Sandbox) -> None:
    client = of(valetkey_sandbox.settings_for("google", "apple"))
    with pytest.raises(ValueError, match=r"no persona 'eve'; there are ada, bare, .*, suspended, blank, unverified"):
        signed_in(client, "eve", provider="google")
    (blank,) = signed_in(client, "blank", provider="google").identities
    assert (blank.name, blank.handle, blank.email, blank.picture) == (None, None, None, None)
    (unverified,) = signed_in(client, "unverified", provider="google").identities
    assert (unverified.email, unverified.email_verified) == ("ada@example.com", False)
    (relay,) = signed_in(client, "relay", provider="apple").identities
    assert relay.email == "relay7002@privaterelay.appleid.com"


@pytest.mark.parametrize("provider", ["google", "apple", "github"])
def test_a_user_of_ones_own(valetkey_sandbox: Sandbox, provider: str) -> None:
    client = of(valetkey_sandbox.settings_for(provider))
    account = signed_in(
        client, user_id="42", name="Grace", email="grace@example.com", email_verified=False, provider=provider
    )
    (identity,) = account.identities
    assert (identity.subject, identity.email, identity.email_verified) == ("42", "grace@example.com", False)
    with pytest.raises(ValueError, match="known by an id"):
        signed_in(client, email="grace@example.com", provider=provider)


def test_faults_of_one_provider(valetkey_sandbox: Sandbox) -> None:
    client = of(valetkey_sandbox.settings_for("google", "acme"))
    valetkey_sandbox.fault("token", "status", status=503, times=9, provider="google")
    with pytest.raises(SignInFailed) as failed:
        signed_in(client, provider="google")
    assert failed.value.code == "provider_unavailable"
    assert signed_in(client, provider="acme").handle == "ada"
    assert valetkey_sandbox.calls("token", provider="acme")[-1]["accepted"] is True
    assert valetkey_sandbox.calls("token", provider="google")[-1]["accepted"] is False
    with pytest.raises(ValueError, match="no endpoint 'nonsense'"):
        valetkey_sandbox.fault("nonsense", "drop")


def test_a_refusal_comes_with_the_sandboxs_reason(valetkey_sandbox: Sandbox) -> None:
    client = of(valetkey_sandbox.settings_for("google"))
    valetkey_sandbox.set(provider="google", client_secret="sandbox-another")
    with pytest.raises(SignInFailed) as failed:
        signed_in(client, provider="google")
    assert "The sandbox said of token: the client secret differs at byte 8" in str(failed.value)


def test_a_lost_reply(valetkey_sandbox: Sandbox) -> None:
    client = of(valetkey_sandbox.settings_for("github"))
    valetkey_sandbox.fault("token", "commit_then_drop")
    assert signed_in(client, provider="github").handle == "ada"
    assert len(valetkey_sandbox.calls("authorize")) == 2


def test_keys_rotate(valetkey_sandbox: Sandbox) -> None:
    client = of(valetkey_sandbox.settings_for("google"))
    signed_in(client, provider="google")
    valetkey_sandbox.rotate_keys("google", old="removed")
    assert signed_in(client, provider="google").name == "Ada Example"
    assert len(valetkey_sandbox.calls("keys")) == 2
    with pytest.raises(ValueError, match="github has no keys"):
        valetkey_sandbox.rotate_keys("github")


def test_an_id_token_that_is_altered(valetkey_sandbox: Sandbox) -> None:
    client = of(valetkey_sandbox.settings_for("google"))
    for alteration in ({"set": {"nonce": "another"}}, {"sign": "stranger"}, {"set": {"aud": "sandbox-other"}}):
        valetkey_sandbox.set(provider="google", id_token=alteration)
        with pytest.raises(SignInFailed) as failed:
            signed_in(client, provider="google")
        assert failed.value.code == "provider_reply_invalid"
    valetkey_sandbox.set(provider="google", id_token={})
    assert signed_in(client, provider="google").name == "Ada Example"
    with pytest.raises(ValueError, match="no switch is called nonsense"):
        valetkey_sandbox.set(provider="google", nonsense=1)


def test_apples_key_is_one_value() -> None:
    """A variable whose line ends are written as two characters each is read as well."""
    from valetkey.testing.sandbox import SandboxSettings, environment_of

    pem = environment_of(SandboxSettings(), "apple")["APPLE_PRIVATE_KEY"]
    assert "\n" in pem
    assert json.dumps(pem)[1:-1].replace("\\n", "\n") == pem
    assert base64.b64decode("".join(pem.splitlines()[1:-1]))


# What the server asks of a provider for one login, after the first one. The first one also reads an OpenID provider's
# keys; and its metadata, since here a sandbox is in the place of the provider whose addresses are written down.
REQUESTS = {
    "twitter": ["request_token", "access_token"],
    "x2": ["token", "profile"],
    "google": ["token"],
    "github": ["token", "profile", "emails"],
    "apple": ["token"],
    "microsoft": ["token"],
    "acme": ["token", "userinfo"],
    "discord": ["token", "profile"],
    "facebook": ["token", "profile"],
    "gitlab": ["token"],
}
ONCE = {name: ["discovery", "keys"] for name in ("google", "apple", "microsoft", "acme", "gitlab")}
BY_BROWSER = {"authorize", "decide", "consent"}


@pytest.mark.parametrize("played", PROVIDERS)
def test_how_often_a_login_asks_its_provider(valetkey_sandbox: Sandbox, played: str) -> None:
    client = of(valetkey_sandbox.settings_for(played))

    def asked() -> list[str]:
        seen = len(valetkey_sandbox.journal)
        signed_in(client, "ada", provider=PROVIDERS[played][0])
        return [one["endpoint"] for one in valetkey_sandbox.journal[seen:] if one["endpoint"] not in BY_BROWSER]

    assert asked() == [*ONCE.get(played, []), *REQUESTS[played]]
    for _ in range(3):
        assert asked() == REQUESTS[played]


@pytest.mark.parametrize("name", ["google", "apple", "microsoft", "gitlab"])
def test_a_named_provider_is_not_discovered(name: str) -> None:
    """So the first login asks for its keys and its token, and no more."""
    made = {
        "google": lambda: google(client_id="id", client_secret=Secret("s")),
        "apple": lambda: apple(client_id="a.b", team_id="T" * 10, key_id="K" * 10, private_key=Secret(a_key())),
        "microsoft": lambda: microsoft(client_id="id", client_secret=Secret("s")),
        "gitlab": lambda: gitlab(client_id="id", client_secret=Secret("s")),
    }[name]()
    assert made.protocol.discover() is None
    flow = made.protocol.fetch_keys(None)
    assert flow is not None and next(flow).url == made.requested[1]
