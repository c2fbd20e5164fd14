"""``VALETKEY_URL``, ``VALETKEY_PROVIDERS`` and the variables that each provider brings; X's alone work as they did."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from core.environments import BASIC, FLICKR, SECRET, X, own, refused
from valetkey import Profile, Provider, Secret, Settings, SettingsError
from valetkey.providers.flickr import flickr
from valetkey.providers.twitter import twitter
from valetkey.testing import Sandbox


def names(settings: Settings) -> list[str]:
    return [one.name for one in settings.providers]


def test_flickr_alone() -> None:
    """No variable of X's, and a callback URL that nobody had to write down."""
    settings = Settings.from_environment({**BASIC, **FLICKR, "VALETKEY_PROVIDERS": "flickr"})
    (provider,) = settings.providers
    assert (provider.name, provider.title) == ("flickr", "Flickr")
    assert provider.protocol.credentials.identifier == "key-of-flickr"
    assert provider.protocol.credentials.secret.reveal() == "secret-of-flickr"
    assert provider.requested == (
        "https://www.flickr.com/services/oauth/request_token",
        "https://www.flickr.com/services/oauth/access_token",
    )
    assert provider.protocol.authorize_url == "https://www.flickr.com/services/oauth/authorize?perms=read"
    assert settings.callback_of("flickr") == "https://app.example/auth/flickr"


def test_the_order_is_that_of_the_list() -> None:
    for value, expected in (
        ("flickr,twitter", ["flickr", "twitter"]),
        ("twitter, flickr", ["twitter", "flickr"]),
        ("Flickr", ["flickr"]),
        ("own,twitter", ["own", "twitter"]),
        ("twitter", ["twitter", "own"]),
    ):
        providers = [own()] if "own" in expected else []
        environ = {**BASIC, **X, **FLICKR, "VALETKEY_PROVIDERS": value}
        assert names(Settings.from_environment(environ, providers=providers)) == expected


def test_without_a_list() -> None:
    """X if a variable of X's is set, or if there is nothing else; and what the app makes in Python."""
    assert names(Settings.from_environment({**BASIC, **X})) == ["twitter"]
    assert names(Settings.from_environment({**BASIC, **X}, providers=[own()])) == ["twitter", "own"]
    assert names(Settings.from_environment(BASIC, providers=[own()])) == ["own"]
    assert "TWITTER_CONSUMER_SECRET" in refused({**BASIC, "TWITTER_CONSUMER_KEY": "key"}, own())


def test_a_provider_made_in_python_needs_no_variable() -> None:
    """Not even one with the name of a provider that valetkey has."""
    made = flickr(key="k", secret=Secret("s"))
    environ = {**BASIC, **X, "VALETKEY_PROVIDERS": "flickr,twitter"}
    assert Settings.from_environment(environ, providers=[made]).providers[0] is made
    x = twitter(key="k", secret=Secret("s"))
    assert Settings.from_environment(BASIC, providers=[x]).providers == (x,)


def test_settings_made_in_python_need_no_x() -> None:
    settings = Settings(url="https://app.example", secrets=(Secret(SECRET),), providers=(own(),))
    assert settings.public_origin == "https://app.example"
    assert settings.callback_of("own") == "https://app.example/auth/own"
    with pytest.raises(SettingsError, match="There is no provider to sign in with"):
        replace(settings, providers=())
    with pytest.raises(SettingsError, match="VALETKEY_URL is not set"):
        replace(settings, url=None)
    with pytest.raises(SettingsError, match="there is no provider 'twitter'"):
        replace(settings, callbacks={"twitter": ("https://app.example/auth/twitter",)})


def test_what_is_missing_is_named_for_each_provider() -> None:
    hint = refused({"VALETKEY_PROVIDERS": "flickr,twitter", "TWITTER_CONSUMER_KEY": "key"})
    assert "Not set, for Flickr: FLICKR_CONSUMER_KEY, FLICKR_CONSUMER_SECRET." in hint
    assert "Not set, for X: TWITTER_CONSUMER_SECRET." in hint
    assert "Not set: VALETKEY_URL. It is the address of your app" in hint
    assert "Not set: VALETKEY_SECRET. It comes from: valetkey secret" in hint
    hint = refused({**BASIC, **FLICKR, "VALETKEY_PROVIDERS": "flickr", "FLICKR_CONSUMER_KEY": " "})
    assert hint.startswith("Not set, for Flickr: FLICKR_CONSUMER_KEY. They come from https://www.flickr.com/")


def test_a_server_that_is_missing_is_not_said_to_be_a_key() -> None:
    """Some providers have one server for each app."""
    hint = refused({**BASIC, "VALETKEY_PROVIDERS": "okta,mastodon"})
    assert hint.splitlines() == [
        "Not set, for Okta: OKTA_ISSUER. It is the issuer, such as https://example.okta.com/oauth2/default",
        "Not set, for Okta: OKTA_CLIENT_ID. They come from your Okta administrator, at Applications, "
        "Create App Integration, OIDC, Web Application",
        "Not set, for Mastodon: VALETKEY_MASTODON_BASE. It is the address of the server, such as https://server.example",
        "Not set, for Mastodon: MASTODON_CLIENT_ID, MASTODON_CLIENT_SECRET. They come from "
        "valetkey register mastodon, or the server's Preferences, Development",
    ]


@pytest.mark.parametrize(
    ("base", "fault"),
    [
        ("http://mastodon.example", "http is for this machine only (127.0.0.1, localhost); anything else needs https."),
        ("mastodon.example", "give a full address, such as https://server.example"),
    ],
)
def test_the_address_of_a_server_is_not_the_apps(base: str, fault: str) -> None:
    """What is said of it is not what helps with the address of the app."""
    keys = {"MASTODON_CLIENT_ID": "id", "MASTODON_CLIENT_SECRET": "a-secret-of-mastodon"}
    environ = {**BASIC, "VALETKEY_PROVIDERS": "mastodon", **keys, "VALETKEY_MASTODON_BASE": base}
    assert refused(environ) == f"VALETKEY_MASTODON_BASE: {fault}"


def test_where_x_is_missing_the_message_says_only_what_helps() -> None:
    hint = refused({**BASIC, "TWITTER_CONSUMER_KEY": "key"})
    assert hint.startswith("Not set: TWITTER_CONSUMER_SECRET. The keys come from https://developer.x.com. For another")
    hint = refused({**X, "VALETKEY_SECRET": SECRET})
    assert hint.startswith("Not set: TWITTER_CALLBACK_URL. Instead of TWITTER_CALLBACK_URL you may set VALETKEY_URL")
    hint = refused({**X, "VALETKEY_URL": "https://app.example"})
    assert hint.startswith("Not set: VALETKEY_SECRET. VALETKEY_SECRET comes from: valetkey secret.")


def test_a_callback_url_in_place_of_the_address(caplog: pytest.LogCaptureFixture) -> None:
    for path in ("/auth/twitter", "/auth/twitter/", "/app/auth/twitter"):
        hint = refused({**BASIC, **X, "VALETKEY_URL": f"https://app.example{path}"})
        assert hint == (
            "VALETKEY_URL: leave out /auth/twitter. This is the app's own address; the callback URL is made of it."
        )
    assert Settings.from_environment({**BASIC, **X, "VALETKEY_URL": "https://app.example/app"})
    assert not caplog.messages
    settings = Settings.from_environment({**BASIC, **X, "VALETKEY_URL": "https://app.example/auth"})
    assert settings.callback_of("twitter") == "https://app.example/auth/auth/twitter"
    assert "the callback URL is https://app.example/auth/auth/twitter" in caplog.text


def test_a_misspelt_prefix_is_found_where_the_variable_is_missing() -> None:
    """Elsewhere it may be somebody else's, such as the keys of a second app."""
    hint = refused({**BASIC, "VALETKEY_PROVIDERS": "flickr", "FLICKER_CONSUMER_KEY": "canary", **FLICKR} | {
        "FLICKR_CONSUMER_KEY": ""
    })  # fmt: skip
    assert "Unknown: FLICKER_CONSUMER_KEY. Did you mean FLICKR_CONSUMER_KEY?" in hint
    assert "canary" not in hint
    assert "Did you mean VALETKEY_SECRET?" in refused({**X, "VALETKY_SECRET": SECRET})
    Settings.from_environment({**BASIC, **X, "TWITTER2_CONSUMER_KEY": "another app's"})


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (
            "myspace",
            "there is no provider 'myspace'. For an OpenID Connect server, set MYSPACE_ISSUER. Built in are",
        ),
        ("gogle", "there is no provider 'gogle'. Did you mean google?"),
        ("x", "there is no provider 'x'. Did you mean twitter?"),
        ("flickr,flickr", "flickr is listed twice"),
        ("https://canary.example", "an entry is not the name of a provider"),
    ],
)
def test_a_list_that_cannot_be_right(value: str, sentence: str) -> None:
    hint = refused({**BASIC, **X, **FLICKR, "VALETKEY_PROVIDERS": value})
    assert f"VALETKEY_PROVIDERS: {sentence}" in hint
    assert "canary" not in hint
    assert "\n" not in hint


def test_keys_that_are_not_used_are_mentioned(caplog: pytest.LogCaptureFixture) -> None:
    """Where no list says that this is meant."""
    Settings.from_environment({**BASIC, **X, **FLICKR})
    assert "VALETKEY_PROVIDERS does not list the provider: FLICKR_CONSUMER_KEY, FLICKR_CONSUMER_SECRET" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        Settings.from_environment({**BASIC, **X, **FLICKR, "VALETKEY_PROVIDERS": "twitter"})
    assert caplog.text == ""


def test_what_another_library_reads_stops_nothing(tmp_path: Path) -> None:
    """Names that begin as those of a provider that the app does not have, and the files of its secrets."""
    theirs = {"FLICKR_CALLBACK": "x", "FLICKR_CONSUMER_KEYS": "x", "FLICKR_CONSUMER_SECRET_FILE": str(tmp_path / "no")}
    assert names(Settings.from_environment({**BASIC, **X, **theirs})) == ["twitter"]
    hint = refused({**BASIC, **X, **FLICKR, **theirs, "VALETKEY_PROVIDERS": "twitter,flickr"})
    assert "Did you mean FLICKR_CALLBACK_URL?" in hint
    assert "FLICKR_CONSUMER_SECRET_FILE are both set" in hint


# Another server in a provider's place


def test_a_base_is_followed_by_every_address() -> None:
    environ = {**BASIC, **X, **FLICKR, "VALETKEY_PROVIDERS": "flickr,twitter"}
    base = "https://proxy.example.com/x"
    for_flickr = Settings.from_environment({**environ, "VALETKEY_FLICKR_BASE": base}).providers[0]
    assert for_flickr.requested == (f"{base}/oauth/request_token", f"{base}/oauth/access_token")
    assert for_flickr.authorize_origin == "https://proxy.example.com"
    x = {"VALETKEY_TWITTER_BASE": base, "VALETKEY_TWITTER_BROWSER": "https://x.example.com"}
    for_x = Settings.from_environment({**environ, **x}).providers[1]
    assert for_x.requested == (f"{base}/oauth/request_token", f"{base}/oauth/access_token")
    assert for_x.protocol.authorize_url == "https://x.example.com/oauth/authenticate"


@pytest.mark.parametrize("name", ["VALETKEY_FLICKR_BASE", "VALETKEY_TWITTER_BASE"])
def test_a_base_that_cannot_be_used(name: str) -> None:
    environ = {**BASIC, **X, **FLICKR, "VALETKEY_PROVIDERS": "flickr,twitter"}
    for value, sentence in (
        ("http://proxy.example.com", "https"),
        ("https://proxy.example.com/", "slash"),
        ("https://proxy.example.com/a?b", "query"),
        ("http://localhost:8001", "this machine"),
    ):
        hint = refused({**environ, name: value})
        assert hint.startswith(f"{name}: ")
        assert sentence in hint
        assert "\n" not in hint  # said once
    here = {**environ, "VALETKEY_URL": "http://127.0.0.1:8000", name: "http://localhost:8001"}
    assert Settings.from_environment(here)


@pytest.mark.parametrize("name", ["request_token_url", "access_token_url", "authorize_url", "profile_url"])
def test_a_record_whose_addresses_cannot_be_used(name: str) -> None:
    """The record of a provider that is made in Python is checked as a variable is."""

    def made(address: str) -> Provider:
        if name == "profile_url":
            return replace(own(), profile_url=address, describe=lambda reply: Profile(subject=""))
        return replace(own(), protocol=replace(own().protocol, **{name: address}))  # type: ignore[arg-type]

    for address in ("http://own.example.com/canary", "canary", "https:///canary", "https://own.example.com/canary\n"):
        hint = refused(BASIC, made(address))
        assert hint == f"Provider 'own': {name} must be an https address. Plain http is for this machine only."
    on_this_machine = made("http://127.0.0.1:8001/canary")
    assert "Provider 'own': the callback URL is public" in refused(BASIC, on_this_machine)
    here = Settings.from_environment({**BASIC, "VALETKEY_URL": "http://localhost:8000"}, providers=[on_this_machine])
    assert here.providers == (on_this_machine,)


@pytest.mark.parametrize("name", ["FLICKR_CONSUMER_KEY", "FLICKR_CONSUMER_SECRET"])
def test_keys_that_were_not_copied_right(name: str) -> None:
    environ = {**BASIC, **FLICKR, "VALETKEY_PROVIDERS": "flickr"}
    assert f"{name}: it has a space" in refused({**environ, name: "canary canary"})
    assert f"{name}: it has a character outside of ASCII" in refused({**environ, name: "…canary"})
    made = flickr(key="a b", secret=Secret("a b"))
    assert f"{name}: it has a space" in refused(BASIC, made)


@pytest.mark.parametrize(
    ("copied", "said"), [("a canary", "a space, a line end or a quote"), ("…canary", "a character outside of ASCII")]
)
def test_a_client_id_that_was_not_copied_right(copied: str, said: str) -> None:
    environ = {**BASIC, "VALETKEY_PROVIDERS": "google", "GOOGLE_CLIENT_ID": copied, "GOOGLE_CLIENT_SECRET": "secret"}
    assert refused(environ) == f"GOOGLE_CLIENT_ID: it has {said}, which no client id has. Copy it again."


def test_everything_that_is_wrong_is_named_at_once() -> None:
    hint = refused(
        {
            **BASIC,
            **FLICKR,
            "VALETKEY_PROVIDERS": "flickr,myspace",
            "VALETKEY_FLICKR_BASE": "nonsense",
            "VALETKEY_IDLE_DAYS": "soon",
            "VALETKEY_ORIGIN": "https://a.example",
            "VALETKEY_COOKIE": "a b",
            "FLICKR_CONSUMER_KEY": "a b",
        }
    )
    for sentence in (
        *("VALETKEY_PROVIDERS: ", "VALETKEY_FLICKR_BASE: ", "VALETKEY_IDLE_DAYS: ", "VALETKEY_COOKIE: "),
        *("Did you mean VALETKEY_ORIGINS?", "FLICKR_CONSUMER_KEY: "),
    ):
        assert hint.count(sentence) == 1


def test_the_test_kit_replaces_what_the_environment_says_of_another_app(valetkey_sandbox: Sandbox) -> None:
    theirs = {**BASIC, **FLICKR, "VALETKEY_PROVIDERS": "flickr", "VALETKEY_SECRET_FILE": "/run/secrets/valetkey"}
    settings = Settings.from_environment({**theirs, **valetkey_sandbox.environment})
    assert names(settings) == ["twitter"]
    assert settings.public_origin == "http://127.0.0.1:8000"


# A switch


@pytest.mark.parametrize(
    ("value", "asks"), [("on", True), ("ON", True), (" on ", True), ("off", False), ("", False), (None, False)]
)
def test_a_switch_is_on_or_off(value: str | None, asks: bool) -> None:
    environ = {**BASIC, **X, **({} if value is None else {"VALETKEY_TWITTER_EMAIL": value})}
    (x,) = Settings.from_environment(environ).providers
    assert ("include_email=true" in (x.profile_url or "")) is asks
    (reads,) = Settings.from_environment(environ, read_profile=True).providers
    assert ("include_email=true" in (reads.profile_url or "")) is asks


@pytest.mark.parametrize("value", ["true", "1", "yes", "one", "on,off", "0"])
def test_a_switch_in_no_position_is_refused(value: str) -> None:
    """And the value is not shown."""
    hint = refused({**BASIC, **X, "VALETKEY_TWITTER_EMAIL": value})
    assert hint == "VALETKEY_TWITTER_EMAIL must be on or off."


def test_a_switch_of_a_provider_that_the_app_does_not_have() -> None:
    environ = {**BASIC, **FLICKR, "VALETKEY_PROVIDERS": "flickr", "VALETKEY_TWITTER_EMAIL": "nonsense"}
    assert names(Settings.from_environment(environ)) == ["flickr"]


def test_a_weakness_of_a_provider_is_said_at_the_start(caplog: pytest.LogCaptureFixture) -> None:
    environ = {
        "VALETKEY_URL": "https://app.example",
        "VALETKEY_SECRET": SECRET,
        "WORDPRESS_CONSUMER_KEY": "key",
        "WORDPRESS_CONSUMER_SECRET": "secret",
        "VALETKEY_WORDPRESS_BASE": "https://site.example",
        "FLICKR_CONSUMER_KEY": "key",
        "FLICKR_CONSUMER_SECRET": "secret",
    }
    Settings.from_environment({**environ, "VALETKEY_PROVIDERS": "flickr"})
    assert not [one for one in caplog.messages if "attacker" in one]
    Settings.from_environment({**environ, "VALETKEY_PROVIDERS": "flickr,wordpress"})
    (warned,) = (one for one in caplog.messages if "attacker" in one)
    assert warned.startswith("WordPress: Once a user has approved a sign-in")


def test_a_server_of_ones_own_does_not_become_a_provider_that_ships() -> None:
    """An app may have described it by its issuer before its name was one of ours. Telegram's ids are numbers, as many a
    ``sub`` is: user 7 of the one would get the account of user 7 of the other."""
    keys = {"TELEGRAM_CLIENT_ID": "id", "TELEGRAM_CLIENT_SECRET": "secret", "VALETKEY_PROVIDERS": "telegram"}
    assert names(Settings.from_environment({**BASIC, **keys})) == ["telegram"]
    assert refused({**BASIC, **keys, "TELEGRAM_ISSUER": "https://id.example.com"}) == (
        "Unknown: TELEGRAM_ISSUER. Did you mean VALETKEY_TELEGRAM_ISSUER? An OpenID Connect server of your own needs "
        "another name than telegram: its users and those of Telegram may have the same ids."
    )
    environ = {**BASIC, **FLICKR, "VALETKEY_PROVIDERS": "flickr", "FLICKR_ISSUER": "https://id.example.com"}
    assert refused(environ) == (
        "Unknown: FLICKR_ISSUER. An OpenID Connect server of your own needs another name than flickr: its users and "
        "those of Flickr may have the same ids."
    )
