"""C42: a login's id names its cookie, and its mode decides where the popup goes: what is not exactly one of ours begins
nothing and is not sent to the provider. A wrong id sets no cookie; under a right one a page finds why nothing began."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.browser import Browser
from support.servers import App, Provider

GOOD = "A" * 22
IDS = [
    "A",
    "A" * 21,
    "A" * 23,
    "A" * 200,
    f"{GOOD[:-1]};",
    f"{GOOD[:-1]}=",
    f"{GOOD[:-1]},",
    f"{GOOD[:-1]} ",
    f" {GOOD[:-1]}",
    f'{GOOD[:-1]}"',
    f"{GOOD[:-1]}\\",
    f"{GOOD[:-1]}/",
    f"{GOOD[:-1]}+",
    f"{GOOD[:-1]}.",
    f"{GOOD[:-1]}%",
    f"{GOOD[:-1]}\u0661",
    f"{GOOD[:-1]}\u00e9",
    "x; Domain=evil.test; a",
]
MODES = ["POPUP", "popup ", "frame", "classic", "page,popup", "1"]


@pytest.mark.parametrize(("field", "value"), [*(("login", one) for one in IDS), *(("mode", one) for one in MODES)])
def test_nothing_begins(app: App, provider: Provider, browser: Callable[[], Browser], field: str, value: str) -> None:
    profile = browser()
    answer = profile.submit("/auth/twitter", {"login": GOOD, "mode": "popup", field: value})
    assert answer.status == 400
    if field == "mode":
        assert list(profile.login_cookies) == [f"valetkey-login-{GOOD}"]
        login = profile.collect(GOOD).json()["login"]
        assert (login["state"], login["error"]["code"]) == ("failed", "bad_request")
    else:
        assert answer.all("set-cookie") == []
        answer = profile.fetch("POST", "/auth/twitter", {field: value})
        assert (answer.status, answer.code, answer.all("set-cookie")) == (400, "bad_request", [])
    assert provider.journal == []


@pytest.mark.parametrize(("field", "value"), [("login", GOOD), ("login", "a-_0" * 5 + "zZ"), ("mode", "page")])
def test_what_is_ours_begins(provider: Provider, browser: Callable[[], Browser], field: str, value: str) -> None:
    """The control."""
    assert len(begun(browser(), field, value).login_cookies) == 1
    assert len(provider.calls("request_token")) == 1


def begun(profile: Browser, field: str, value: str) -> Browser:
    assert profile.submit("/auth/twitter", {"login": GOOD, "mode": "popup", field: value}).status == 200
    return profile
