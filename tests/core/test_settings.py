"""What the environment may say, and what stops a start: with the variable's name, the fix, and never the value."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from valetkey import Settings, SettingsError
from valetkey.variables import VARIABLES

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


@pytest.mark.parametrize("name", ["valetkey", "shop", "s", "Shop-2.eu_west", "0", "n" * 32])
def test_a_name_for_the_cookies(name: str) -> None:
    assert read(VALETKEY_COOKIE=name).cookie == name


@pytest.mark.parametrize(
    "name",
    [
        "__Host-shop",
        "__Secure-shop",
        "-shop",
        ".shop",
        "a b",
        "a;b",
        "a=b",
        "a,b",
        "shöp",
        "shop\n",
        "shop\xa0",
        "n" * 33,
    ],
)
def test_what_is_no_name_for_the_cookies(name: str) -> None:
    with pytest.raises(SettingsError, match="VALETKEY_COOKIE"):
        read(VALETKEY_COOKIE=name)
    assert read(VALETKEY_COOKIE="").cookie == "valetkey"  # as if it had not been set


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


SLIPS = [
    ("VALETKEY_SECRETS", "VALETKEY_SECRET"),
    ("VALETKEY_ORIGIN", "VALETKEY_ORIGINS"),
    ("VALETKEY_DATABASE_URL", "VALETKEY_DATABASE"),
    ("VALETKEY_SESSIONS_DAYS", "VALETKEY_SESSION_DAYS"),
    ("VALETKEY_CALLBACK_URL", "TWITTER_CALLBACK_URL"),
    ("VALETKEY_TWITTER_CONSUMER_KEY", "TWITTER_CONSUMER_KEY"),
    ("TWITTER_CALLBACK", "TWITTER_CALLBACK_URL"),
    ("TWITTER_CALLBACK_URI", "TWITTER_CALLBACK_URL"),
    ("TWITTER_CONSUMER_KEYS", "TWITTER_CONSUMER_KEY"),
]


@pytest.mark.parametrize(("name", "meant"), SLIPS)
def test_a_slip_of_the_pen_is_found(name: str, meant: str) -> None:
    """It would be a setting that does nothing; also where the right one is there."""
    with pytest.raises(SettingsError, match=f"Unknown: {name}. Did you mean {meant}\\?") as refused:
        read(**{name: "canary"})
    assert "canary" not in str(refused.value)


def test_a_slip_is_told_together_with_all_the_rest() -> None:
    with pytest.raises(SettingsError) as missing:
        Settings.from_environment({"TWITTER_CALLBACK": GOOD["TWITTER_CALLBACK_URL"], "VALETKEY_SECRETS": "x"})
    for told in ("Did you mean TWITTER_CALLBACK_URL?", "Did you mean VALETKEY_SECRET?", "Not set: ", *GOOD):
        assert told in str(missing.value)
    with pytest.raises(SettingsError) as wrong:
        read(
            VALETKEY_ORIGIN="https://a.example",
            VALETKEY_DELIVERY="bearer",
            TWITTER_CONSUMER_KEY="a b",
            VALETKEY_IDLE_DAYS="soon",
        )
    for told in (
        "VALETKEY_IDLE_DAYS: ",
        "Did you mean VALETKEY_ORIGINS?",
        "VALETKEY_DELIVERY: ",
        "TWITTER_CONSUMER_KEY: ",
    ):
        assert told in str(wrong.value)


def test_what_somebody_else_has_set_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """What Kubernetes sets for a Service of that name is mentioned; what is not called as ours are is not."""
    links = [
        *("VALETKEY_SERVICE_HOST", "VALETKEY_SERVICE_PORT", "VALETKEY_PORT"),
        *("VALETKEY_PORT_8000_TCP", "VALETKEY_PORT_8000_TCP_PROTO", "VALETKEY_PORT_8000_TCP_ADDR"),
        *("VALETKEY_DATABASE_SERVICE_HOST", "VALETKEY_DATABASE_PORT", "VALETKEY_DATABASE_PORT_5432_TCP"),
    ]
    theirs = ["TWITTER_BEARER_TOKEN", "TWITTER_CLIENT_ID", "MY_VALETKEY_SECRET"]
    read(**dict.fromkeys([*links, *theirs], "canary"))
    assert all(name in caplog.text for name in links)
    assert not any(name in caplog.text for name in [*theirs, *GOOD, "canary"])


def test_what_the_tests_and_their_script_read_is_nobodys_slip(caplog: pytest.LogCaptureFixture) -> None:
    """``VALETKEY_TEST_POSTGRES`` and the like may stand in the environment of an app."""
    root = Path(__file__).parents[2]
    files = [root / "run", *(root / "tests").rglob("*.py"), *(root / "bench").rglob("*.py")]
    names = {name for file in files for name in re.findall(r"environ[^\n]{,8}[\"'](VALETKEY_\w+)", file.read_text())}
    names |= set(re.findall(r"\$\{(VALETKEY_\w+)", (root / "run").read_text()))
    assert {"VALETKEY_TEST_POSTGRES", "VALETKEY_TEST_WORKERS", "VALETKEY_KILLS"} <= names
    read(**dict.fromkeys(names - VARIABLES, "1"))
    assert "VALETKEY_TEST_POSTGRES" in caplog.text
