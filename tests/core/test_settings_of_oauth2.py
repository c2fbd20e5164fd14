"""The variables of providers of OAuth 2.0 and OpenID Connect, and of servers that variables alone describe."""

from __future__ import annotations

import logging

import pytest

from core.environments import ACME, BASIC, GOOGLE, NAMED, X, read, refused
from valetkey import Secret, Settings, SettingsError
from valetkey.providers.google import google
from valetkey.providers.record import oidc
from valetkey.settings.framework_config import with_config

X2 = {"TWITTER_CLIENT_ID": "id-at-x", "TWITTER_CLIENT_SECRET": "client-secret-of-x"}


def without(environ: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name not in names}


# Providers that ship


@pytest.mark.parametrize("name", NAMED)
def test_a_named_provider_needs_two_variables(name: str) -> None:
    prefix = name.upper()
    environ = {**BASIC, "VALETKEY_PROVIDERS": name}
    keys = {f"{prefix}_CLIENT_ID": "the-id", f"{prefix}_CLIENT_SECRET": "the:secret%+"}
    (provider,) = read(environ, **keys)
    credentials = provider.protocol.credentials
    assert (provider.name, credentials.identifier) == (name, "the-id")
    assert credentials.secret is not None
    assert credentials.secret.reveal() == "the:secret%+"
    assert refused(environ).startswith(
        f"Not set, for {provider.title}: {prefix}_CLIENT_ID, {prefix}_CLIENT_SECRET. They "
    )
    for missing in keys:
        assert f"Not set, for {provider.title}: {missing}. They come from https://" in refused(
            environ, **without(keys, missing)
        )


def test_several_at_once() -> None:
    environ = {**GOOGLE, **ACME, **X2, "VALETKEY_PROVIDERS": "google,acme,twitter"}
    settings = Settings.from_environment(environ)
    assert [(one.name, one.title) for one in settings.providers] == [
        ("google", "Google"),
        ("acme", "Acme"),
        ("twitter", "X"),
    ]
    assert [settings.callback_of(one.name) for one in settings.providers] == [
        f"https://app.example/auth/{name}" for name in ("google", "acme", "twitter")
    ]
    hint = refused(without(environ, "GOOGLE_CLIENT_ID", "ACME_CLIENT_ID", "TWITTER_CLIENT_SECRET"))
    for sentence in ("for Google: GOOGLE_CLIENT_ID.", "for Acme: ACME_CLIENT_ID.", "for X: TWITTER_CLIENT_SECRET."):
        assert f"Not set, {sentence}" in hint


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("GOOGLE_CLIENT_ID", value) for value in ("a b", '"id"', "id\n", "id\0", "é", "'id'", "id\x7f")),
        *(
            ("GOOGLE_CLIENT_SECRET", value)
            for value in ('"canary"', " canary", "canary ", "canary\ncanary", "'canary'")
        ),
    ],
)
def test_keys_that_were_not_copied_right(name: str, value: str) -> None:
    assert refused(GOOGLE, **{name: value}).startswith(f"{name}: it ")


def test_a_secret_may_have_what_a_server_puts_into_it() -> None:
    """RFC 6749 App. A.2 allows every visible character and the space; some servers more."""
    for secret in ("a:b%2F+c", 'a"b', "a b", "pässword", "~!@#$%^&*()_+`-={}|[]\\:;<>?,./"):
        credentials = read(GOOGLE, GOOGLE_CLIENT_SECRET=secret)[0].protocol.credentials
        assert credentials.secret is not None
        assert credentials.secret.reveal() == secret
    assert "GOOGLE_CLIENT_SECRET: it is empty" in refused(BASIC, google(client_id="id", client_secret=Secret("")))


@pytest.mark.parametrize("tenant", ["contoso.com", "contoso.onmicrosoft.com", "Common", "common/", "*", "7", "canary"])
def test_a_tenant_of_microsoft_that_is_none(tenant: str) -> None:
    environ = {**BASIC, "VALETKEY_PROVIDERS": "microsoft", "MICROSOFT_CLIENT_ID": "id", "MICROSOFT_CLIENT_SECRET": "s"}
    assert refused(environ, MICROSOFT_TENANT=tenant).startswith(
        "MICROSOFT_TENANT: say common, organizations, consumers,"
    )
    (provider,) = read(environ, MICROSOFT_TENANT="organizations")
    assert provider.protocol.authorize_url == "https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize"


# X over either protocol


def test_the_client_id_of_x_chooses_oauth2() -> None:
    """The name stays, and so do the ids: an account made over one signs in over the other."""
    for environ in ({**BASIC, **X2}, {**BASIC, **X2, "VALETKEY_PROVIDERS": "twitter"}):
        (provider,) = read(environ)
        assert (provider.name, provider.title) == ("twitter", "X")
        assert provider.protocol.authorize_url == "https://x.com/i/oauth2/authorize"
        assert provider.protocol.credentials.identifier == "id-at-x"
    (provider,) = read({**BASIC, **X2}, VALETKEY_TWITTER_EMAIL="on")
    assert "confirmed_email" in (provider.profile_url or "")
    (provider,) = read(
        {**BASIC, **X2, "VALETKEY_URL": "http://127.0.0.1:8000"}, VALETKEY_TWITTER_BASE="http://localhost:8001/x2"
    )
    assert provider.requested[0] == "http://localhost:8001/x2/2/oauth2/token"


def test_with_both_pairs_the_consumer_key_counts_and_a_line_says_so(caplog: pytest.LogCaptureFixture) -> None:
    (provider,) = read({**BASIC, **X, **X2})
    assert provider.protocol.authorize_url == "https://api.x.com/oauth/authenticate"
    assert caplog.messages == [
        "X: TWITTER_CONSUMER_KEY is set, so TWITTER_CLIENT_ID is not used. Unset the one that you do not mean."
    ]
    caplog.clear()
    read({**BASIC, **X, "TWITTER_CLIENT_ID": "another library's"})
    assert caplog.messages == []


def test_another_librarys_client_id_turns_x_on_nowhere() -> None:
    """Beside providers that the app makes itself."""
    acme = oidc("acme", issuer="https://id.example.com", client_id="id")
    assert [one.name for one in read(BASIC, acme, TWITTER_CLIENT_ID="theirs")] == ["acme"]
    assert [one.name for one in read({**BASIC, **X}, acme)] == ["twitter", "acme"]


# A server that variables describe


def test_an_issuer_is_all_that_a_server_needs(caplog: pytest.LogCaptureFixture) -> None:
    """Kept to the letter, with its path and the slash at its end."""
    (provider,) = read(ACME, ACME_TITLE=" Acme Inc. ")
    assert (provider.name, provider.title) == ("acme", "Acme Inc.")
    assert provider.protocol.issuer == "https://id.acme.example/realms/a/"  # type: ignore[attr-defined]
    assert provider.requested == ("https://id.acme.example/realms/a/.well-known/openid-configuration",)
    assert provider.protocol.credentials.secret is not None
    with caplog.at_level(logging.INFO):
        (public,) = read(without(ACME, "ACME_CLIENT_SECRET"))
    assert public.protocol.credentials.secret is None  # a public client, which PKCE alone protects
    assert caplog.messages == ["ACME_CLIENT_SECRET is not set, so Acme must know the app as a public client."]
    assert refused(without(ACME, "ACME_CLIENT_ID")).startswith(
        "Not set, for Acme: ACME_CLIENT_ID. They come from the server that ACME_ISSUER names"
    )


def test_a_misspelt_variable_of_a_server() -> None:
    for name, meant in (
        ("ACME_TITEL", "ACME_TITLE"),
        ("ACME_CLIENTID", "ACME_CLIENT_ID"),
        ("ACME_CLIENT_SECRETS", "ACME_CLIENT_SECRET"),
        ("ACME_CALLBACK", "ACME_CALLBACK_URL"),
        ("ACME_CLIENT_ID_FILE", "ACME_CLIENT_ID"),
    ):
        assert refused(ACME, **{name: "canary"}) == f"Unknown: {name}. Did you mean {meant}?"
    assert "Unknown: ACME_ISUER. Did you mean ACME_ISSUER?" in refused(
        without(ACME, "ACME_ISSUER"), ACME_ISUER="canary"
    )


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("GOOGLE_BASE", "VALETKEY_GOOGLE_BASE"),
        ("GOOGLE_CLIENT_IDS", "GOOGLE_CLIENT_ID"),
        ("GOOGLE_CLIENT_SECERT", "GOOGLE_CLIENT_SECRET"),
        ("VALETKEY_GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_ID"),
        ("GOOGLE_CLIENT_SECRETS_FILE", "GOOGLE_CLIENT_SECRET_FILE"),
    ],
)
def test_a_misspelt_variable_of_a_named_provider(name: str, meant: str) -> None:
    assert refused(GOOGLE, **{name: "canary"}) == f"Unknown: {name}. Did you mean {meant}?"


def test_the_issuer_of_another_server_than_googles() -> None:
    assert refused(GOOGLE, GOOGLE_ISSUER="canary") == (
        "Unknown: GOOGLE_ISSUER. Did you mean VALETKEY_GOOGLE_ISSUER? An OpenID Connect server of your own needs "
        "another name than google: its users and those of Google may have the same ids."
    )


def test_what_another_program_reads_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    theirs = [
        *("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "GOOGLE_API_KEY", "GITHUB_TOKEN", "GITHUB_ACTIONS"),
        *(
            "GITHUB_SHA",
            "ACME_DATABASE_URL",
            "ACME_TOKEN",
            "ACME_SECRET",
            "GITLAB_CI",
            "GITLAB_USER_ID",
            "TWITTER_CLIENT_KEY",
        ),
    ]
    environ = {
        **GOOGLE,
        **ACME,
        "GITHUB_CLIENT_ID": "id",
        "GITHUB_CLIENT_SECRET": "s",
        "VALETKEY_PROVIDERS": "google,github,acme",
    }
    assert len(read(environ, **dict.fromkeys(theirs, "canary"))) == 3
    assert caplog.messages == []


def test_the_keys_of_a_provider_made_in_python_are_its_own() -> None:
    """Under whatever names the app reads them."""
    acme = oidc("acme", issuer="https://id.example.com", client_id="id")
    for name in ("ACME_CLIENT_ID", "ACME_CLIENT_SECRET", "ACME_CLIENT_SECRET_FILE", "ACME_CONSUMER_KEY", "ACME_ISSUER"):
        assert read(BASIC, acme, **{name: "/no/such/canary"}) == (acme,)
        assert read({**BASIC, "VALETKEY_PROVIDERS": "acme"}, acme, **{name: "/no/such/canary"}) == (acme,)


@pytest.mark.parametrize("name", ["errors", "health", "providers", "report", "session", "sessions", "ticket", "unlink"])
def test_a_name_that_is_a_route(name: str) -> None:
    keys = {f"{name.upper()}_ISSUER": "https://id.example.com", f"{name.upper()}_CLIENT_ID": "id"}
    assert f"Provider '{name}': this path is taken." in refused({**BASIC, **keys, "VALETKEY_PROVIDERS": name})


@pytest.mark.parametrize("name", ["valetkey", "client.js", "a-b", "7up", "a" * 33, "ä", "../x", "acme/return"])
def test_a_name_that_is_none(name: str) -> None:
    keys = {f"{name.upper()}_ISSUER": "https://id.example.com", f"{name.upper()}_CLIENT_ID": "id"}
    hint = refused({**BASIC, **keys, "VALETKEY_PROVIDERS": name})
    assert "VALETKEY_PROVIDERS: an entry is not the name of a provider." in hint


def test_a_title_that_cannot_be_shown() -> None:
    for title in ("canary\ncanary", "canary" * 10, "\x07canary"):
        assert refused(ACME, ACME_TITLE=title).startswith("ACME_TITLE: title must be 1 to 40 characters in one line")


# Other sources


def test_a_frameworks_configuration_describes_a_server_too() -> None:
    config: dict[str, object] = {
        "VALETKEY_PROVIDERS": ["acme", "google"],
        "ACME_ISSUER": "https://id.acme.example",
        "ACME_CLIENT_ID": "id-at-acme",
        "ACME_CLIENT_SECRET": "secret-of-acme",
        "ACME_OTHER": {"of": "the app"},
    }
    keys = {**BASIC, "GOOGLE_CLIENT_ID": "id", "GOOGLE_CLIENT_SECRET": "s", "ACME_CLIENT_SECRET_FILE": "/no/such/file"}
    merged = Settings.from_environment(with_config(keys, config))
    assert [one.name for one in merged.providers] == ["acme", "google"]
    with pytest.raises(SettingsError, match=r"Unknown: ACME_CLIENTID. Did you mean ACME_CLIENT_ID[?]"):
        Settings.from_environment(with_config(keys, {**config, "ACME_CLIENTID": "canary"}))
    with pytest.raises(SettingsError, match="ACME_CLIENT_ID: give text"):
        with_config(keys, {**config, "ACME_CLIENT_ID": {"canary": 1}})


def test_another_providers_variable_is_not_what_a_misspelt_one_means() -> None:
    keys = {"APPLE_CLIENT_ID": "com.example.app", "APPLE_TEAM_ID": "ABCDE12345", "APPLE_KEY_ID": "KEY1234567"}
    hint = refused({**BASIC, **keys, "VALETKEY_PROVIDERS": "apple", "APPLE_CLIENT_SECRET": "canary"})
    assert "Not set, for Apple: APPLE_PRIVATE_KEY." in hint
    assert "GOOGLE" not in hint


def test_keys_without_a_list_of_providers_are_named() -> None:
    hint = refused(without(GOOGLE, "VALETKEY_PROVIDERS"))
    assert "Not set: TWITTER_CONSUMER_KEY" in hint
    assert hint.endswith("set VALETKEY_PROVIDERS=google: variables of it are set.")
    assert refused(BASIC).endswith("For another provider than X, set VALETKEY_PROVIDERS.")


def test_an_entry_that_is_no_name_says_what_a_name_is() -> None:
    environ = {**BASIC, "VALETKEY_PROVIDERS": "acme-corp", "ACME-CORP_ISSUER": "https://id.acme.example"}
    assert refused(environ).startswith(
        "VALETKEY_PROVIDERS: an entry is not the name of a provider. A name has lower-case letters and digits"
    )
    assert "Did you mean" not in refused(environ)
