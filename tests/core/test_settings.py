"""What the environment may say, and what stops a start: with the variable's name, the fix, and never the value."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from core.environments import own
from valetkey import Settings, SettingsError
from valetkey.login.assembly import assemble
from valetkey.settings.variables import shipped_variables
from valetkey.testing import Sandbox
from valetkey.testing.sandboxes import running_sandbox

GOOD = {
    "TWITTER_CONSUMER_KEY": "key-of-the-app",
    "TWITTER_CONSUMER_SECRET": "secret-of-the-app",
    "TWITTER_CALLBACK_URL": "https://app.example/auth/twitter",
    "VALETKEY_SECRET": "nuHbp6PmjaZzUmPBnxIuiPBswEtwxlPIfO5dXx9jcKI5BQKn",
}


def read(**changes: str) -> Settings:
    return Settings.from_environment({**GOOD, **changes})


def test_defaults() -> None:
    settings = read()
    (x,) = settings.providers
    assert x.name == "twitter"
    assert x.requested == ("https://api.x.com/oauth/request_token", "https://api.x.com/oauth/access_token")
    assert x.protocol.authorize_url == "https://api.x.com/oauth/authenticate"
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
    for name in (*GOOD, "VALETKEY_SANDBOX=1", "valetkey secret"):
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


# What no browser sends as an origin: it would be a setting that does nothing, or more than was meant.
NO_ORIGIN = [
    *(("https://*.example.com", "pattern"), ("https://app.example.*", "pattern"), ("https://*", "pattern")),
    *(("https://app.example.com.", "dot at the end"), ("https://app..example.com", "host name")),
    *(("https://.example.com", "host name"), ("https://-app.example.com", "host name")),
    *(("https://bücher.example", "xn--"), ("https://app.example.com\u3002", "xn--")),
    *(("https://%61pp.example.com", "host name"), ("https://app.example.com,null", "full address")),
    *(("null", "full address"), ("app.example.com", "full address"), ("//app.example.com", "full address")),
    *(("ftp://app.example.com", "full address"), ("file:///x", "full address"), ("https://", "full address")),
    *(("chrome-extension://abcdef", "full address"), ("https:app.example.com", "full address")),
    *(("https://app.example.com/x", "origin only"), ("https://app.example.com//", "origin only")),
    *(("https://app.example.com?", "query"), ("https://app.example.com#", "fragment"), ("https://@a.example", "user")),
    *(("https://app.example.com:0", "full address"), ("https://app.example.com:70000", "URL")),
    *(("https://app .example.com", "space"), ("https://app.\texample.com", "space"), ("https://a.example\\", "quote")),
    *(
        ("https://127.1", "four decimal"),
        ("https://2130706433", "four decimal"),
        ("https://0x7f.0.0.1", "four decimal"),
    ),
    *(("https://127.0.0.01", "four decimal"), ("https://192.0.2.256", "four decimal")),
    *(("https://[fe80::1%25eth0]", "zone"), ("https://[::ffff:192.0.2.1]", "IPv4"), ("https://[::1", "URL")),
    *(("http://app.example.com", "https"), ("http://127.0.0.1.evil.example", "https")),
]


@pytest.mark.parametrize(("value", "told"), NO_ORIGIN)
def test_an_origin_that_no_browser_sends_is_refused(value: str, told: str) -> None:
    """Wherever an origin counts: listed, a relay page's, and the callback's, which is our own."""
    with pytest.raises(SettingsError, match=r"VALETKEY_ORIGINS: ") as refused:
        read(VALETKEY_ORIGINS=value)
    assert told in str(refused.value)
    if told in ("origin only", "query", "fragment") or "," in value:
        return
    for name, path, more in (
        ("TWITTER_CALLBACK_URL", "/auth/twitter", {}),
        ("VALETKEY_RELAY", "/relay.html", {"VALETKEY_DELIVERY": "token", "VALETKEY_ORIGINS": "https://a.example"}),
    ):
        with pytest.raises(SettingsError, match=name) as refused:
            read(**{**more, name: value + path})
        assert told in str(refused.value) or "full address" in str(refused.value)


@pytest.mark.parametrize(
    ("value", "origin"),
    [
        ("https://app.example.com", "https://app.example.com"),
        ("https://app.example.com/", "https://app.example.com"),
        ("HTTPS://APP.Example.COM", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("https://app.example.com:0443/", "https://app.example.com"),
        ("https://app.example.com:", "https://app.example.com"),
        ("https://app.example.com:8443", "https://app.example.com:8443"),
        ("https://app.example.com:80", "https://app.example.com:80"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("https://an_underscore.example", "https://an_underscore.example"),
        ("https://192.0.2.1:443", "https://192.0.2.1"),
        ("https://[2001:DB8:0:0:0:0:0:1]:443", "https://[2001:db8::1]"),
        ("http://LOCALHOST:80", "http://localhost"),
        ("http://[0:0:0:0:0:0:0:1]:8000", "http://[::1]:8000"),
    ],
)
def test_what_has_one_meaning_is_written_as_browsers_do(value: str, origin: str) -> None:
    assert read(VALETKEY_ORIGINS=value).origins == (origin,)
    assert read(VALETKEY_ORIGINS=f"{value}, {origin}/, {value}").origins == (origin,)
    bare = value.removesuffix("/")
    settings = read(TWITTER_CALLBACK_URL=f"{bare}/auth/twitter", VALETKEY_TWITTER_API="https://api.x.com")
    assert settings.public_origin == origin
    assert settings.callbacks == {"twitter": (f"{bare}/auth/twitter",)}  # which the provider compares to the letter
    if origin.startswith("https:"):
        relay = read(VALETKEY_DELIVERY="token", VALETKEY_RELAY=f"{bare}/relay.html", VALETKEY_ORIGINS=value)
        assert relay.origins == (origin,)


def test_settings_made_in_python_are_judged_and_written_the_same() -> None:
    good = read()
    assert replace(good, origins=("https://A.example:443/",)).origins == ("https://a.example",)
    for wrong in (
        {"origins": ("https://*.example.com",)},
        {"proxies": ("0.0.0.0/0",)},
        *({name: days} for name in ("session_days", "idle_days") for days in (math.nan, math.inf, 0, -1, 3651)),
        *({"start_limit": limit} for limit in (0, -1, 1.5, True, 100_001)),
    ):
        with pytest.raises(SettingsError):
            replace(good, **wrong)  # type: ignore[arg-type]


SANDBOX = "http://localhost:8001"


@pytest.mark.parametrize("address", [SANDBOX, "http://127.0.0.1:1", "https://localhost", "http://[::1]:8001"])
@pytest.mark.parametrize("name", ["VALETKEY_TWITTER_API", "VALETKEY_TWITTER_BROWSER"])
def test_a_public_app_does_not_take_a_sandbox_for_its_provider(name: str, address: str) -> None:
    for callback in ("https://app.example.com/auth/twitter", "https://8.8.8.8/auth/twitter"):
        with pytest.raises(SettingsError, match=f"{name}: .*this machine"):
            read(**{name: address, "TWITTER_CALLBACK_URL": callback})
    # On one's own machine and in a network of one's own there is nothing against it.
    for private in (
        "http://127.0.0.1:8000",
        "https://localhost",
        "https://app.test",
        "https://10.1.2.3",
        "https://desk",
    ):
        assert read(**{name: address, "TWITTER_CALLBACK_URL": f"{private}/auth/twitter"})
    assert read(**{name: "https://provider.example.com"})


def test_a_provider_of_ones_own_on_this_machine() -> None:
    here_alone = own(access_token_url="http://127.0.0.1:8001/a")
    with pytest.raises(SettingsError, match=r"Provider 'own': .*this machine"):
        Settings.from_environment(GOOD, providers=[here_alone])
    here = {**GOOD, "TWITTER_CALLBACK_URL": "http://127.0.0.1:8000/auth/twitter"}
    assert [one.name for one in Settings.from_environment(here, providers=[here_alone]).providers] == ["twitter", "own"]


def test_only_the_test_kit_may_use_a_public_callback_with_its_sandbox(valetkey_sandbox: Sandbox) -> None:
    """Its own sandbox, in this process, and for as long as that runs."""
    public = {"TWITTER_CALLBACK_URL": GOOD["TWITTER_CALLBACK_URL"]}
    assert Settings.from_environment(valetkey_sandbox.environment | public)
    with running_sandbox() as another:
        there = another.environment
        assert Settings.from_environment(there | public)
    with pytest.raises(SettingsError, match="this machine"):
        Settings.from_environment(there | public)


@pytest.mark.parametrize("name", ["VALETKEY_SESSION_DAYS", "VALETKEY_IDLE_DAYS"])
def test_days_are_written_in_digits(name: str) -> None:
    for text in (
        *(
            "nan",
            "inf",
            "-inf",
            "infinity",
            "1_0",
            "1e1",
            "0x10",
            "+5",
            "-5",
            "0",
            "0.0",
            "3651",
            "99999",
            "1,5",
            "7 d",
        ),
        *("٣", "１４", "²", ".", "e-1", "1.2.3", "14\u00a0days"),
    ):
        with pytest.raises(SettingsError, match=f"{name}: give a number of days"):
            read(**{name: text})
    for text, days in (("14", 14.0), (" 0.5 ", 0.5), ("3650", 3650.0), (".5", 0.5), ("3.5e-05", 3.5e-05)):
        settings = read(**{name: text})
        assert (settings.session_days if name == "VALETKEY_SESSION_DAYS" else settings.idle_days) == days


def test_the_limit_of_starts() -> None:
    assert read().start_limit == read(VALETKEY_START_LIMIT="").start_limit == 60
    assert read(VALETKEY_START_LIMIT="200").start_limit == 200
    assert read(VALETKEY_START_LIMIT="off").start_limit is read(VALETKEY_START_LIMIT="OFF").start_limit is None
    for text in ("0", "-1", "60/min", "1.5", "6_0", "٦٠", "1e3", "none", "false", "100001", "nan", "+60", "060"):
        with pytest.raises(SettingsError, match=r"VALETKEY_START_LIMIT: .* or say off"):
            read(VALETKEY_START_LIMIT=text)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        *(("0.0.0.0/0", "too wide"), ("::/0", "too wide"), ("0.0.0.0/1,128.0.0.0/1", "too wide")),
        *(("2000::/3", "too wide"), ("10.0.0.0/7", "too wide"), ("10.0.0.1, 0.0.0.0/0", "too wide")),
        *(("*", "give addresses"), ("proxy.internal", "give addresses"), ("10.0.0.1:80", "give addresses")),
        *(("10.0.0.0/33", "give addresses"), ("１０.0.0.1", "give addresses"), ("010.0.0.1", "give addresses")),
        *(("::ffff:10.0.0.1", "as IPv4"), ("0.0.0.0", "nothing comes"), ("::", "nothing comes")),
        ("224.0.0.1", "nothing comes"),
    ],
)
def test_proxies_that_cannot_be_meant(value: str, told: str) -> None:
    """If everybody is a proxy, everybody chooses the address that counts."""
    with pytest.raises(SettingsError, match=f"VALETKEY_PROXIES: .*{told}"):
        read(VALETKEY_PROXIES=value)


def test_proxies_that_can() -> None:
    for value in ("127.0.0.1", "::1", "10.0.0.0/8", "10.1.2.3/8", "fc00::/7", "fd00::/8, 172.16.0.0/12"):
        assert read(VALETKEY_PROXIES=value).proxies


def test_a_relay_page_of_our_own_origin() -> None:
    """The relay page is for another site; on our own, the callback would bounce back to where it is."""
    relay = {"VALETKEY_DELIVERY": "token", "VALETKEY_RELAY": "https://app.example:443/relay.html"}
    with pytest.raises(SettingsError, match=r"VALETKEY_RELAY: .*own origin"):
        read(**relay, VALETKEY_ORIGINS="https://app.example")


@pytest.mark.parametrize(
    "url", ["mysql://host/name", "sqlite:valetkey.db", "valetkey.db", "SQLITE:///a.db", "redis://"]
)
def test_a_database_that_there_is_not(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="VALETKEY_DATABASE"):
        assemble(read(VALETKEY_DATABASE=url), blocking=True)


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


def test_a_slip_is_reported_together_with_all_the_rest() -> None:
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
    read(**dict.fromkeys(names - shipped_variables(), "1"))
    assert "VALETKEY_TEST_POSTGRES" in caplog.text
