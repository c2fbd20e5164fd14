"""Whatever goes wrong has a code, a sentence and a hint; nothing is half done, and the page is told in time.

For each: how the provider or the browser misbehaves, at the start or at the callback, and the code that follows.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from support.browser import Browser
from support.fixtures import app, provider, world  # noqa: F401  # fixtures
from support.servers import App, Provider, free_port

from valetkey.errors import known_errors

START = [
    (
        "html",
        {"kind": "status", "status": 200, "body": "<html>", "content_type": "text/html"},
        "provider_reply_invalid",
        1,
    ),
    ("a gigabyte", {"kind": "huge"}, "provider_reply_invalid", 1),
    ("a gzip bomb", {"kind": "gzip_bomb"}, "provider_reply_invalid", 1),
    ("503", {"kind": "status", "status": 503, "times": 9}, "provider_unavailable", 4),
    ("hanging up", {"kind": "drop", "times": 9}, "provider_unavailable", 4),
    ("silence", {"kind": "hang", "times": 9}, "provider_unavailable", 3),
]


def assert_told(profile: Browser, login: str, code: str) -> None:
    """By the backend, to the page, once."""
    told = profile.collect(login).json()
    assert told["login"]["error"]["code"] == code
    assert told["login"]["error"]["message"]
    assert told["login"]["error"]["hint"]
    assert profile.collect(login).json()["login"]["state"] == "unknown"


@pytest.mark.parametrize(("fault", "code", "calls"), [case[1:] for case in START], ids=[case[0] for case in START])
def test_at_the_start(app: App, provider: Provider, fault: dict[str, object], code: str, calls: int) -> None:
    """Within five seconds, as a page with the error's status; no more calls than its kind allows."""
    before = app.all_rows()
    profile = Browser(app.base)
    provider.fault("request_token", **fault)  # type: ignore[arg-type]
    begun_at = time.monotonic()
    begun = profile.begin()
    assert time.monotonic() - begun_at < 5.2
    assert begun.answer.status == known_errors()[code].status
    assert code in begun.answer.text
    assert len(provider.calls("request_token")) == calls
    nonces = [call["nonce"] for call in provider.calls("request_token")]
    assert len(set(nonces)) == len(nonces)
    assert app.all_rows() == before
    assert_told(profile, begun.login, code)
    provider.reset()
    assert profile.begin().answer.status == 200  # the control, and the end of the outage


@pytest.mark.parametrize("fault", [{"kind": "hang"}, {"kind": "status", "status": 500}])
def test_at_the_callback(app: App, provider: Provider, fault: dict[str, object]) -> None:
    """Within ten seconds; everything down, the restart too: the page is told, and no row is left but the claim."""
    before = app.all_rows()
    profile = Browser(app.base)
    begun = profile.begin()
    callback = provider.approve(begun.token)
    for endpoint in ("access_token", "request_token"):
        provider.fault(endpoint, times=9, **fault)  # type: ignore[arg-type]
    begun_at = time.monotonic()
    answer = profile.come_back(callback)
    assert time.monotonic() - begun_at < 10
    assert answer.code == "provider_unavailable"
    assert len(provider.exchanges) == 2
    assert {**app.all_rows(), "login_claims": 0} == {**before, "login_claims": 0}
    assert_told(profile, begun.login, "provider_unavailable")


def test_wrong_keys_an_unapproved_callback_and_a_clock_that_is_off(tmp_path: Path) -> None:
    """Each has an error of its own, with the fix in the hint; a clock is learnt, and the login lands."""
    port = free_port()
    provider = Provider(f"http://127.0.0.1:{port}/auth/twitter")
    try:
        app = App(provider, port, tmp_path, TWITTER_CONSUMER_SECRET="sandbox-wrong")
        try:
            refused = Browser(app.base).fetch("POST", "/auth/twitter", {})
            assert (refused.status, refused.code) == (502, "wrong_keys")
            assert "consumer key" in refused.json()["error"]["hint"]
            assert len(provider.calls("request_token")) == 1
        finally:
            app.stop()
        app = App(provider, port, tmp_path)
        try:
            provider.set(callbacks=["http://127.0.0.1:1/auth/twitter"])
            refused = Browser(app.base).fetch("POST", "/auth/twitter", {})
            assert (refused.status, refused.code) == (502, "callback_not_approved")
            assert "127.0.0.1 is not localhost" in refused.json()["error"]["hint"]
            provider.reset()
            provider.set(clock_offset_seconds=-3600)
            profile = Browser(app.base)
            assert profile.come_back(provider.approve(profile.begin().token)).status == 303
            assert profile.account() is not None
            assert len(provider.calls("request_token")) == 2
            assert len(provider.exchanges) == 1
            assert re.search(r"clock differs from that of twitter by 3(599|600|601) seconds", app.server.log)
        finally:
            app.stop()
    finally:
        provider.stop()


def test_x_is_down(app: App, tmp_path: Path) -> None:
    """Nobody listens there: named at once, and in good time."""
    port, nobody = free_port(), free_port()
    provider = Provider(f"http://127.0.0.1:{port}/auth/twitter")
    provider.stop()
    other = App(provider, port, tmp_path, VALETKEY_TWITTER_API=f"http://127.0.0.1:{nobody}")
    try:
        begun_at = time.monotonic()
        answer = Browser(other.base).fetch("POST", "/auth/twitter", {})
        assert time.monotonic() - begun_at < 5
        assert (answer.status, answer.code) == (503, "provider_unavailable")
        assert answer.header("retry-after")
    finally:
        other.stop()


LONGEST = "oauth_token=a&oauth_verifier=".ljust(8192, "x")
QUERIES = [
    "",
    "oauth_token=a",
    "oauth_verifier=b",
    "oauth_token=a&oauth_token=b&oauth_verifier=c",
    "oauth_token=a&oauth_verifier=c&oauth%5Fverifier=d",
    "denied=a&oauth_verifier=b",
    "oauth_token=%ff&oauth_verifier=b",
    "oauth_token=a%00&oauth_verifier=b",
    f"{LONGEST}x",
    "&".join(f"a{number}=b" for number in range(100)),
]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:30])
def test_callbacks_that_are_none(app: App, provider: Provider, query: str) -> None:
    profile = Browser(app.base)
    profile.begin()
    answer = profile.visit(f"/auth/twitter?{query}", headers={"Accept": "application/json"})
    assert (answer.status, answer.code) == (400, "bad_request")
    assert provider.exchanges == []
    assert len(profile.login_cookies) == 1


def test_the_longest_callback_is_read(app: App, provider: Provider) -> None:
    """The control: an authorization code of a kilobyte or two has room, with all that comes beside it."""
    answer = Browser(app.base).visit(f"/auth/twitter?{LONGEST}", headers={"Accept": "application/json"})
    assert (answer.status, answer.code) == (409, "cookies_blocked")
    assert provider.exchanges == []


def test_head_prefetch_and_frames_run_nothing(app: App, provider: Provider) -> None:
    profile = Browser(app.base)
    callback = provider.approve(profile.begin().token)
    path = callback.removeprefix(app.base)
    for headers in (
        {"Sec-Fetch-Dest": "iframe"},
        {"Sec-Fetch-Dest": "embed"},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
    ):
        assert profile.visit(path, headers=headers).code == "not_a_navigation"
    head = profile.request("HEAD", path)
    assert (head.status, head.header("allow")) == (405, "GET, POST")
    assert provider.exchanges == []
    assert profile.visit(path).status == 303


BODIES = [
    (b"{", "bad_request"),
    (b"[]", "bad_request"),
    (b'"x"', "bad_request"),
    (b"[" * 20_000, "body_too_large"),
    (b"[" * 15_000, "bad_request"),
    (b'{"login": 5}', "bad_request"),
    (b'{"login": "short"}', "bad_request"),
    (b'{"login": "AAAAAAAAAAAAAAAAAAAAA\\n"}', "bad_request"),
    (b'{"return_to": ["/"]}', "bad_request"),
    (b'{"mode": "popup", "x": "\xff"}', "bad_request"),
    (b'{"a": NaN, "a": 1}', "bad_request"),
    (b'{"challenge": "\\ud800"}', "bad_request"),
    (b'{"oauth_token": "\\ud800", "oauth_verifier": "x"}', "bad_request"),
]


@pytest.mark.parametrize(("body", "code"), BODIES, ids=[repr(body[:20]) for body, _ in BODIES])
def test_bodies_that_are_none(app: App, provider: Provider, body: bytes, code: str) -> None:
    headers = {"Origin": app.base, "Content-Type": "application/json"}
    answer = Browser(app.base).request("POST", "/auth/twitter", body=body, headers=headers)
    assert answer.code == code
    assert answer.status == known_errors()[code].status
    assert provider.journal == []


@pytest.mark.parametrize("fields", [{}, {"code": "x"}])
def test_a_nul_comes_to_no_store(app: App, fields: dict[str, str]) -> None:
    """PostgreSQL's text cannot hold one: anybody could have it said that the database does not do its part."""
    asked = Browser(app.base).fetch("POST", "/auth/session", {"login": "a\0", "verifier": "x", **fields})
    assert (asked.status, asked.code) == (400, "bad_request")


def test_cookies_that_are_none(app: App, provider: Provider) -> None:
    """Truncated, of an old key, not ASCII, endless: no login, no crash, and the start still works."""
    profile = Browser(app.base)
    callback = provider.approve(profile.begin().token)
    ((name, value),) = profile.login_cookies.items()
    for altered in (value[:-5], value[:20], "x", "é", '"quoted"', "a b", "=" * 50, value + "A", "A" * 5000):
        other = Browser(app.base)
        answer = other.come_back(callback, headers={"Cookie": f"{name}={altered}"}, cookies=False)
        assert answer.code in ("another_browser", "cookies_blocked"), altered
        assert other.request("GET", "/api/me", headers={"Cookie": f"valetkey-session={altered}"}).status == 401
    assert provider.exchanges == []
    assert profile.come_back(callback).status == 303


def test_errors_are_a_page_for_people_and_json_for_programs(app: App) -> None:
    for path, code in (
        ("/auth/nowhere", "unknown_provider"),
        ("/auth/twitter/nowhere", "not_found"),
        ("/auth/twitter/", "not_found"),
        ("/auth/", "unknown_provider"),
    ):
        page = Browser(app.base).request("GET", path, headers={"Accept": "text/html"})
        program = Browser(app.base).request("GET", path)
        assert page.status == program.status == 404
        assert "<h1>" in page.text
        assert code in page.text
        assert program.code == code


def test_the_session_is_not_a_page(app: App) -> None:
    answer = Browser(app.base).visit("/auth/session")
    assert answer.status == 403
    assert "never_a_navigation" in answer.text
