"""Origins that are not on the web: which ones may be listed, and what they need beside them."""

from __future__ import annotations

import pytest

from valetkey import Settings, SettingsError
from valetkey.settings.shell_origins import any_app_may_claim, is_extension_page, is_shell_origin
from valetkey.web.origins import Origins

EXTENSION = "chrome-extension://" + "abcdefghijklmnop" * 2
FIREFOX = "moz-extension://0123abcd-0123-4abc-89ab-0123456789ab"
HTTPS = "https://app.example"
BASE = {
    "VALETKEY_URL": "https://api.example.net",
    "VALETKEY_SECRET": "vQsbrxUTXo4kPUMO2YdHGPVXbJlI54NEf4wGasHzVncnhpCU",
    "TWITTER_CONSUMER_KEY": "key",
    "TWITTER_CONSUMER_SECRET": "secret",
}


def read(**variables: str) -> Settings:
    return Settings.from_environment(BASE | variables)


def with_origin(origin: str) -> Settings:
    relay = {"VALETKEY_DELIVERY": "token", "VALETKEY_RELAY": f"{HTTPS}/relay.html"}
    return read(**relay, VALETKEY_ORIGINS=f"{HTTPS},{origin}")


ACCEPTED = [
    ("capacitor://localhost", "capacitor://localhost"),
    ("capacitor://app.example", "capacitor://app.example"),
    ("ionic://localhost", "ionic://localhost"),
    ("tauri://localhost", "tauri://localhost"),
    ("http://tauri.localhost", "http://tauri.localhost"),
    ("https://tauri.localhost", "https://tauri.localhost"),
    ("app://bundle", "app://bundle"),
    ("app://.", "app://."),
    ("app://-", "app://-"),
    ("com.example.my-app://localhost", "com.example.my-app://localhost"),
    (EXTENSION, EXTENSION),
    (FIREFOX, FIREFOX),
    # One meaning, written as browsers do.
    ("capacitor://localhost/", "capacitor://localhost"),
    ("CAPACITOR://LocalHost", "capacitor://localhost"),
    ("HTTP://Tauri.Localhost/", "http://tauri.localhost"),
    (EXTENSION.upper(), EXTENSION),
]


@pytest.mark.parametrize(("value", "origin"), ACCEPTED)
def test_an_origin_that_a_shell_sends(value: str, origin: str) -> None:
    assert with_origin(value).origins == (HTTPS, origin)
    assert is_shell_origin(origin)


@pytest.mark.parametrize("origin", sorted({origin for _, origin in ACCEPTED}))
@pytest.mark.parametrize("path", ["", "/", "/a", "//a"])
def test_no_login_returns_there_by_itself(origin: str, path: str) -> None:
    """Not even to its root, where the page's own address is one that no login returns to."""
    assert Origins(with_origin(origin)).default_return_to(f"{origin}{path}") is None


REFUSED = [
    *(("null", "name no app"), ("file://", "name no app"), ("file:///app/index.html", "name no app")),
    *(("FILE://localhost", "name no app"), ("data://x", "full address"), ("blob://x", "full address")),
    *(("about://blank", "full address"), ("javascript://x", "full address"), ("content://x", "full address")),
    *(("ws://a.example", "full address"), ("ftp://a.example", "full address"), ("view-source://x", "full address")),
    *(("example://x", "full address"), ("capacitor:localhost", "full address"), ("capacitor:", "full address")),
    ("safari-web-extension://3FAD6DAE-0632-4DE6-ACBA-13C69C5D62B5", "another origin on each device"),
    *((EXTENSION[:-1], "32 letters"), (f"{EXTENSION}a", "32 letters"), ("chrome-extension://*", "32 letters")),
    *((EXTENSION.replace("a", "q"), "32 letters"), (f"{EXTENSION}:80", "32 letters"), ("chrome-extension://", "32")),
    *((f"{EXTENSION}.a", "32 letters"), (f"u@{EXTENSION}", "full address"), ("moz-extension://*", "installation")),
    *((FIREFOX[:-1], "installation"), ("moz-extension://addon@example.com", "installation")),
    *(("capacitor://localhost:8100", "without a port"), ("capacitor://", "scheme and host"), ("app:///", "scheme and")),
    *(("capacitor://user@localhost", "scheme and host"), ("capacitor://[::1]", "scheme and host")),
    *(("capacitor://*", "never a pattern"), ("tauri://*.localhost", "never a pattern"), ("app://x y", "scheme and")),
    *(
        ("capacitor://localhost/x", "origin only"),
        ("capacitor://localhost//", "no query"),
        ("app://x/../y", "no query"),
    ),
    *(("capacitor://localhost?", "scheme and host"), ("capacitor://localhost/?a", "no query")),
    *(("capacitor://localhost/#", "no query"), ("app://x/'", "no query"), ("app://x/\ty", "no query")),
    *(("capacitor://löcalhost", "scheme and host"), ("app://x\\@y", "scheme and host"), ("app://[", "scheme and host")),
    *(
        ("http://tauri.localhost:80", "https"),
        ("http://evil.tauri.localhost", "https"),
        ("http://app.localhost", "https"),
    ),
    *(("http://tauri.localhost.evil.example", "https"), (".a.b://x", "full address"), ("a..b://x", "full address")),
]


@pytest.mark.parametrize(("value", "said"), REFUSED)
def test_what_is_refused(value: str, said: str) -> None:
    with pytest.raises(SettingsError, match="VALETKEY_ORIGINS: ") as refused:
        with_origin(value)
    assert said in str(refused.value)


@pytest.mark.parametrize("origin", ["capacitor://localhost", "http://tauri.localhost", EXTENSION])
@pytest.mark.parametrize("delivery", [{}, {"VALETKEY_DELIVERY": "token"}], ids=["cookie", "token"])
def test_it_needs_a_token_and_a_relay_page(origin: str, delivery: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="set VALETKEY_DELIVERY=token and VALETKEY_RELAY") as refused:
        read(VALETKEY_ORIGINS=f"{HTTPS},{origin}", **delivery)
    assert origin in str(refused.value)


@pytest.mark.parametrize("origin", ["https://localhost", "http://localhost", "http://127.0.0.1:5173", HTTPS])
def test_an_origin_of_the_web_needs_neither(origin: str) -> None:
    assert read(VALETKEY_ORIGINS=origin).origins == (origin,)
    assert not is_shell_origin(origin)


RELAYS = [f"{EXTENSION}/relay.html", "capacitor://localhost/relay.html", "app://-/a/b/relay.html"]


@pytest.mark.parametrize("relay", RELAYS)
def test_a_relay_page_in_the_shell(relay: str) -> None:
    origin = relay.partition("//")[2].partition("/")[0]
    scheme = relay.partition("//")[0]
    settings = read(VALETKEY_DELIVERY="token", VALETKEY_RELAY=relay, VALETKEY_ORIGINS=f"{scheme}//{origin}")
    assert settings.relay == relay
    assert settings.app_page is None  # a browser cannot open it


@pytest.mark.parametrize(
    ("relay", "said"),
    [
        ("capacitor://localhost/relay.html", "its origin must be one of VALETKEY_ORIGINS"),
        (f"{EXTENSION}/relay.html?a=b", "no query"),
        (f"{EXTENSION}/relay.html#a", "no query"),
        (f"{EXTENSION}/../relay.html", "no query"),
        (f"{EXTENSION}x/relay.html", "32 letters"),
        ("file:///relay.html", "name no app"),
        ("javascript://x/relay.html", "full address"),
    ],
)
def test_a_relay_page_that_is_refused(relay: str, said: str) -> None:
    with pytest.raises(SettingsError, match="VALETKEY_RELAY: ") as refused:
        read(VALETKEY_DELIVERY="token", VALETKEY_RELAY=relay, VALETKEY_ORIGINS=EXTENSION)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("origin", "claimable", "extension"),
    [
        *(("capacitor://localhost", True, False), ("com.example.app://x", True, False)),
        *(("http://tauri.localhost", True, False), (EXTENSION, False, True), (FIREFOX, False, True)),
        *((HTTPS, False, False), ("https://chrome-extension", False, False)),
    ],
)
def test_which_origin_is_somebodys_own(origin: str, claimable: bool, extension: bool) -> None:
    assert (any_app_may_claim(origin), is_extension_page(origin)) == (claimable, extension)
