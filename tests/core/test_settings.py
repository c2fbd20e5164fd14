"""What the environment may say, and what stops a start: with the variable's name, the fix, and never the value."""

from __future__ import annotations

import pytest

from valetkey import Settings, SettingsError

GOOD = {
    "TWITTER_CONSUMER_KEY": "key-of-the-app",
    "TWITTER_CONSUMER_SECRET": "secret-of-the-app",
    "TWITTER_CALLBACK_URL": "https://app.example/auth/twitter",
    "VALETKEY_SECRET": "a secret of thirty-two bytes and some more",
}


def read(**changes: str) -> Settings:
    return Settings.from_environment({**GOOD, **changes})


def test_defaults() -> None:
    settings = read()
    assert settings.twitter_api == settings.twitter_browser == "https://api.x.com"
    assert settings.database == "sqlite:///valetkey.db"
    assert settings.public_origin == "https://app.example"
    assert settings.secure


@pytest.mark.parametrize(
    ("url", "origin", "secure"),
    [
        ("http://127.0.0.1:9000/auth/twitter", "http://127.0.0.1:9000", False),
        ("http://localhost/auth/twitter", "http://localhost", False),
        ("http://[::1]:8000/auth/twitter", "http://[::1]:8000", False),
        ("https://APP.example:443/auth/twitter", "https://app.example", True),
        ("https://app.example:8443/auth/twitter", "https://app.example:8443", True),
        ("https://a.example/auth/twitter, https://b.example/elsewhere", "https://a.example", True),
    ],
)
def test_the_public_origin_is_the_first_callbacks(url: str, origin: str, secure: bool) -> None:
    settings = read(TWITTER_CALLBACK_URL=url)
    assert (settings.public_origin, settings.secure) == (origin, secure)


def test_everything_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment({})
    for name in (*GOOD, "valetkey demo", "valetkey secret"):
        assert name in str(refused.value)


WRONG = [
    ("TWITTER_CALLBACK_URL", "http://app.example/auth/twitter", "https"),
    ("TWITTER_CALLBACK_URL", "http://127.0.0.1.evil.example/auth/twitter", "https"),
    ("TWITTER_CALLBACK_URL", "https://app.example/callback", "/auth/twitter"),
    ("TWITTER_CALLBACK_URL", "https://app.example/auth/twitter?a=b", "query"),
    ("TWITTER_CALLBACK_URL", "https://user@app.example/auth/twitter", "user name"),
    ("TWITTER_CALLBACK_URL", "app.example/auth/twitter", "full address"),
    ("TWITTER_CALLBACK_URL", "https://app.example:99999/auth/twitter", "URL"),
    ("TWITTER_CALLBACK_URL", "https://a.example/auth/twitter,http://localhost/auth/twitter", "one scheme"),
    ("TWITTER_CALLBACK_URL", "javascript:alert(1)", "full address"),
    ("VALETKEY_TWITTER_API", "http://api.x.com", "https"),
    ("VALETKEY_TWITTER_API", "https://api.x.com/", "slash"),
    ("VALETKEY_TWITTER_BROWSER", "https://api.x.com/oauth", "origin only"),
    ("VALETKEY_ORIGINS", "https://a.example,https://b.example/x", "origin only"),
    ("VALETKEY_ORIGINS", "*", "full address"),
    ("VALETKEY_DELIVERY", "bearer", "cookie"),
    ("VALETKEY_RELAY", "https://app.example/relay.html", "VALETKEY_ORIGINS"),
    ("VALETKEY_RELAY", "https://app.example/relay.html", "VALETKEY_DELIVERY=token"),
    ("VALETKEY_RELAY", "http://app.example/relay.html", "https"),
    ("VALETKEY_RELAY", "https://app.example/relay.html#x", "fragment"),
    ("TWITTER_CONSUMER_KEY", "key with spaces", "space"),
    ("TWITTER_CONSUMER_SECRET", "'quoted-secret'", "quote"),
    ("TWITTER_CONSUMER_SECRET", "secret-and-a-line-end\n", "line end"),
    ("TWITTER_CONSUMER_KEY", "1234567890-" + "x" * 39, "access token"),
]


@pytest.mark.parametrize(("name", "value", "told"), WRONG)
def test_what_is_wrong_is_named_and_not_shown(name: str, value: str, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(**{name: value})
    assert name in str(refused.value)
    assert told in str(refused.value)
    assert value.strip() not in str(refused.value) or value == "*"


def test_no_setting_prints_a_secret() -> None:
    shown = repr(read())
    for name in ("TWITTER_CONSUMER_SECRET", "VALETKEY_SECRET"):
        assert GOOD[name] not in shown
