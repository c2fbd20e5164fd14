"""A start that fails, for whatever reason, leaves its error for the page that waits; and only for a page of the app."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from support.browser import Browser
from support.servers import App, Provider

LOGIN = "f" * 22
UNKNOWN = "nobody"


@pytest.fixture(scope="module")
def app(provider: Provider, port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    running = App(provider, port, tmp_path_factory.mktemp("starts"))
    yield running
    running.stop()


def started(browser: Browser, name: str = "twitter", path: str = "", **fields: str) -> int:
    return browser.submit(f"/auth/{name}{path}", {"login": LOGIN, "mode": "popup", **fields}).status


@pytest.mark.parametrize(
    ("name", "path", "fields", "code", "status"),
    [
        (UNKNOWN, "", {}, "unknown_provider", 404),
        (UNKNOWN, "/link", {}, "unknown_provider", 404),
        ("twitter", "", {"mode": "window"}, "bad_request", 400),
        ("twitter", "", {"mode": "page", "return_to": "//evil.test"}, "bad_request", 400),
        ("twitter", "", {"return_to": "https://evil.test/"}, "bad_request", 400),
        ("twitter", "", {"challenge": "short"}, "bad_request", 400),
        ("twitter", "", {"session": "!"}, "bad_request", 400),
        ("twitter", "/link", {}, "not_signed_in", 401),
    ],
)
def test_the_page_learns_why(app: App, name: str, path: str, fields: dict[str, str], code: str, status: int) -> None:
    browser = Browser(app.base)
    assert started(browser, name, path, **fields) == status
    login = browser.collect(LOGIN).json()["login"]
    assert (login["id"], login["state"], login["error"]["code"]) == (LOGIN, "failed", code)
    assert browser.login_cookies == {}  # read once


@pytest.mark.parametrize(
    ("return_to", "back"),
    [("/settings", "/settings"), *((one, "/") for one in ("//evil.test", "https://evil.test/", "javascript:alert(1)"))],
)
def test_the_way_back_is_the_apps_own(app: App, return_to: str, back: str) -> None:
    """The first is the control. The start fails in each case, for its ``session``."""
    fields = {"login": LOGIN, "mode": "page", "return_to": return_to, "session": "!"}
    page = Browser(app.base).submit("/auth/twitter", fields)
    assert page.status == 400
    assert re.findall(r'<a class="button" href="([^"]*)"', page.text) == [back]
    assert back == return_to or return_to not in page.text


def test_a_frame_is_one_of_them(app: App) -> None:
    browser = Browser(app.base)
    answer = browser.submit("/auth/twitter", {"login": LOGIN}, Sec_Fetch_Dest="iframe")
    assert answer.status == 403
    assert browser.collect(LOGIN).json()["login"]["error"]["code"] == "not_a_navigation"


def test_a_database_that_does_not_answer_is_one_of_them(app: App, provider: Provider) -> None:
    """A signed-in user begins a link while the table of sessions is away."""
    browser = Browser(app.base)
    browser.come_back(provider.approve(browser.begin().token))
    app.query("ALTER TABLE sessions RENAME TO elsewhere")
    try:
        assert started(browser, path="/link") == 503
    finally:
        app.query("ALTER TABLE elsewhere RENAME TO sessions")
    login = browser.collect(LOGIN).json()["login"]
    assert (login["state"], login["error"]["code"]) == ("failed", "store_unavailable")


@pytest.mark.parametrize("name", ["twitter", UNKNOWN])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test", "Sec_Fetch_Site": "cross-site"},
        {"Origin": "https://evil.test", "Sec_Fetch_Site": "same-origin"},
        {"Origin": "null", "Sec_Fetch_Site": "cross-site"},
    ],
)
def test_another_page_leaves_nothing(app: App, name: str, headers: dict[str, str]) -> None:
    browser = Browser(app.base)
    answer = browser.submit(f"/auth/{name}", {"login": LOGIN, "mode": "window"}, **headers)
    assert answer.status == 403
    assert answer.all("set-cookie") == []


@pytest.mark.parametrize("login", ["short", "f" * 23, "f" * 21 + "!", "f" * 21 + "=", "../" + "f" * 19])
def test_an_id_that_is_not_well_formed_names_no_cookie(app: App, login: str) -> None:
    browser = Browser(app.base)
    answer = browser.submit(f"/auth/{UNKNOWN}", {"login": login})
    assert answer.status == 404
    assert answer.all("set-cookie") == []


def test_a_form_that_cannot_be_read_names_none_either(app: App) -> None:
    browser = Browser(app.base)
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": app.base}
    for body, code in ((f"login={LOGIN}&login={LOGIN}", 400), (f"login={LOGIN}&a=%FF", 400), ("a" * 17_000, 413)):
        answer = browser.request("POST", "/auth/twitter", body=body, headers=kind)
        assert answer.status == code
        assert answer.all("set-cookie") == []


def test_a_provider_that_is_none_is_named_nowhere(app: App) -> None:
    """Not in the log, the page or the cookie: its name is a text of the browser's."""
    name = "canary" + "x" * 3000
    browser = Browser(app.base)
    answer = browser.submit(f"/auth/{name}", {"login": LOGIN})
    assert answer.status == 404
    assert "canary" not in answer.text
    assert len("".join(browser.login_cookies.values())) < 600
    assert "valetkey: canary" not in app.server.log
    assert f"{name}: unknown_provider" not in app.server.log


def test_other_requests_of_an_unknown_provider_are_as_they_were(app: App) -> None:
    browser = Browser(app.base)
    for method, path in (("GET", ""), ("PUT", ""), ("POST", "/return"), ("POST", "/other"), ("GET", "/done")):
        answer = browser.fetch(method, f"/auth/{UNKNOWN}{path}", {} if method == "POST" else None)
        assert (answer.status, answer.code) == (404, "unknown_provider"), (method, path)
    assert browser.fetch("POST", f"/auth/{UNKNOWN}", {"name": "x"}).code == "unknown_provider"
