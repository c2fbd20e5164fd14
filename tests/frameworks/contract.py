"""What every framework keeps, over real HTTP: the promises, headers and bindings of the HTTP contract.

A framework's file says ``CELLS`` and ``inherit(globals())``. Then each of its cells plays ``adapter.py``, and the
``whole`` ones play this as well, and those attacks that reach a framework before they reach us: they are the very
functions that attack the README's app.
"""

from __future__ import annotations

import json
import re
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from support.browser import HTML, Answer, Browser
from support.servers import App, Provider

from frameworks import adapter
from frameworks.adapter import (
    LISTED,
    Browse,
    Land,
    assert_ours,
    code_in,
    handle_of,
    live_sessions,
    refused_within_a_second,
)

# What a framework or its server reads, routes or writes: whole files, or these of their tests. The others (who began,
# which token, how often) are judged behind the adapter; the bindings below stand for them.
ATTACKS = {
    "attacks.test_c17_start_csrf": None,
    "attacks.test_c18_client_chosen_endpoint": None,
    "attacks.test_c19_host_poisoning": None,
    "attacks.test_c20_open_redirect": {"test_paths_of_the_app_do", "test_return_to_in_the_callback_is_nothing"},
    "attacks.test_c34_cookie_contract": {"test_on_loopback_without_a_prefix", "test_duplicates_count_for_nothing"},
    "attacks.test_c34_octets": None,
    "attacks.test_c42_header_and_log_injection": None,
    "attacks.test_c45_method_and_prefetch": None,
    "attacks.test_hang_up": {"test_it_finds_its_login"},
}


def inherit(into: dict[str, Any]) -> None:
    """Give a test module all of this, and the attacks under their file's name."""
    for name, function in {**vars(adapter), **globals()}.items():
        if name.startswith("test_"):
            into[name] = function
    for module, chosen in ATTACKS.items():
        prefix = module.rpartition(".test_")[2]
        for name, function in vars(import_module(module)).items():
            if name.startswith("test_") and function.__module__ == module and name in (chosen or {name}):
                into[f"test_{prefix}__{name.removeprefix('test_')}"] = function


# Signing in


def test_the_page_that_goes_on_to_the_provider(provider: Provider, browser: Browse) -> None:
    answer = browser().begin().answer
    assert answer.status == 200
    assert_ours(answer)
    assert answer.all("content-type") == ["text/html; charset=utf-8"]
    assert len(answer.all("content-security-policy")) == 1
    assert "frame-ancestors 'none'" in (answer.header("content-security-policy") or "")
    assert re.fullmatch(
        rf"0; url={re.escape(provider.origin)}/oauth/authenticate\?oauth_token=[\w%-]+", answer.header("refresh") or ""
    )
    (cookie,) = answer.all("set-cookie")
    assert re.fullmatch(r"valetkey-login-[\w-]{22}=[\w.~-]+; Max-Age=1800; Path=/; HttpOnly; SameSite=Lax", cookie)


def test_the_list_of_providers(app: App, browser: Browse) -> None:
    """For anyone to read and to cache, whatever the framework adds to answers."""
    answer = browser().request("GET", "/auth/providers", headers={"Origin": "https://anywhere.example"})
    x, github = answer.json()["providers"]
    assert (answer.status, x["name"], x["title"], set(x)) == (200, "twitter", "X", {"name", "title", "icon", "colors"})
    assert github["name"] == "github"
    assert answer.all("access-control-allow-origin") == ["*"]
    assert answer.all("access-control-allow-credentials") == answer.all("set-cookie") == []
    assert answer.all("cache-control") == ["public, max-age=0, must-revalidate"]
    head = browser().request("HEAD", "/auth/providers")
    assert (head.status, head.text) == (200, "")
    unchanged = browser().request("GET", "/auth/providers", headers={"If-None-Match": answer.header("etag") or ""})
    assert (unchanged.status, unchanged.text) == (304, "")
    assert browser().request("POST", "/auth/providers").status in (403, 405)


def test_a_failure_has_its_status_and_its_page(app: App, provider: Provider, browser: Browse) -> None:
    profile = browser()
    before = app.all_rows()
    begun = profile.begin()
    answer = profile.visit(f"/auth/twitter?denied={begun.token}")
    assert (answer.status, answer.header("location")) == (303, "/auth/twitter/failed?code=denied#")
    page = profile.visit(answer.header("location") or "")
    assert page.status == 403
    assert_ours(page)
    assert profile.session(begun.login)["login"]["error"]["code"] == "denied"
    assert app.all_rows() == before
    assert provider.exchanges == []


def test_collecting(provider: Provider, browser: Browse, person: dict[str, str]) -> None:
    """The popup was closed while the callback was answered: its answer never reached the browser."""
    profile = browser()
    begun = profile.begin()
    assert profile.collect(begun.login).status == 202
    lost = Browser(profile.base, cookies=dict(profile.cookies))
    lost.come_back(provider.approve(begun.token, **person))
    answer = profile.collect(begun.login)
    assert answer.status == 200
    assert answer.json()["account"]["identities"][0]["handle"] == person["screen_name"]
    assert_ours(answer)
    assert profile.session_cookie == lost.session_cookie
    assert handle_of(profile.me()) == person["screen_name"]
    assert len(provider.exchanges) == 1


# The five bindings, against a provider that lets everything pass; the control is every test above


def test_binding_the_callback_was_confirmed(app: App, provider: Provider, browser: Browse) -> None:
    before = app.all_rows()
    provider.fault("request_token", "replace", remove=["oauth_callback_confirmed"])
    profile = browser()
    assert profile.begin().answer.status == 502
    assert profile.login_cookies != {}  # its outcome, for the page
    assert app.all_rows() == before


def test_binding_the_token_that_was_issued(app: App, provider: Provider, browser: Browse) -> None:
    profile, other = browser(), browser()
    profile.begin()
    theirs = provider.approve(other.begin().token)
    before = app.all_rows()
    assert profile.come_back(theirs).code in ("another_browser", "cookies_blocked", "token_mismatch")
    assert profile.session_cookie is None
    assert provider.exchanges == []
    assert app.all_rows() == before


def test_binding_the_browser_that_began(app: App, provider: Provider, browser: Browse) -> None:
    callback = provider.approve(browser().begin().token)
    before = app.all_rows()
    for stranger in (browser(), Browser(app.base, cookies={"other": "1"})):
        assert stranger.come_back(callback).code in ("another_browser", "cookies_blocked")
        assert stranger.session_cookie is None
    assert provider.exchanges == []
    assert app.all_rows() == before


def test_binding_the_provider_that_it_began_with(app: App, provider: Provider, browser: Browse) -> None:
    profile = browser()
    callback = provider.approve(profile.begin().token)
    before = app.all_rows()
    for path in ("/auth/other", "/auth/twitter/", "/auth/TWITTER", "/auth//twitter", "/auth/%2e%2e/twitter"):
        answer = profile.visit(f"{path}?{urlsplit(callback).query}")
        assert answer.status in (301, 307, 308, 400, 404), path
    assert profile.session_cookie is None
    assert provider.exchanges == []
    assert app.all_rows() == before


def test_binding_used_once(app: App, provider: Provider, browser: Browse, person: dict[str, str]) -> None:
    profile = browser()
    begun = profile.begin()
    stolen = dict(profile.cookies)
    callback = provider.approve(begun.token, **person)
    profile.come_back(callback)
    profile.me()
    profile.sign_out()
    rows = app.all_rows()
    for replay in (profile, Browser(app.base, cookies=stolen)):
        replay.come_back(callback)
        assert replay.session_cookie is None or replay.me().status == 401
    assert len(provider.exchanges) == 1
    assert app.all_rows() == rows


# Who may ask


def test_beginning_asks_where_it_comes_from(app: App, provider: Provider, browser: Browse) -> None:
    profile = browser()
    form = urlencode({"login": "a" * 22, "mode": "popup"})
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Accept": HTML}
    ours: list[dict[str, str]] = [{"Origin": app.base}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": LISTED}]
    for headers in ours:
        assert profile.request("POST", "/auth/twitter", body=form, headers={**kind, **headers}).status == 200, headers
    begun = len(provider.calls("request_token"))
    assert begun == len(ours)
    foreign: list[dict[str, str]] = [
        {},
        {"Origin": "null"},
        {"Origin": "http://other.example"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://other.example", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://127.0.0.1:1", "Host": "127.0.0.1:1"},
    ]
    for headers in foreign:
        answer = profile.request("POST", "/auth/twitter", body=form, headers={**kind, **headers})
        assert answer.status in (400, 403), headers
    assert profile.request("GET", "/auth/twitter").status in (400, 409)  # never by GET
    assert len(provider.calls("request_token")) == begun


def test_the_same_pass_as_a_bearer(app: App, browser: Browse, sign_in: Land, person: dict[str, str]) -> None:
    """And a wrong bearer is nobody, whatever the cookie says. A header without a token is no bearer."""
    profile, anywhere = browser(), browser()
    sign_in(profile, **person)
    bearer = {"Authorization": f"Bearer {profile.session_cookie}"}
    assert handle_of(anywhere.request("GET", "/api/me", headers=bearer)) == person["screen_name"]
    assert anywhere.request("POST", "/api/me", headers=bearer).status == 200
    for wrong in ("Bearer nonsense", f"Bearer {(profile.session_cookie or '')[:-2]}xx"):
        assert profile.request("GET", "/api/me", headers={"Authorization": wrong}).status == 401
    for other in ("Bearer ", "Bearer null", "Bearer undefined", "Basic YTpi"):
        assert profile.request("GET", "/api/me", headers={"Authorization": other}).status == 200
        assert browser().request("GET", "/api/me", headers={"Authorization": other}).status == 401


def test_revoked_is_revoked(app: App, browser: Browse, sign_in: Land, person: dict[str, str]) -> None:
    """Signed out with one copy of the cookie, the other is worth nothing within a second."""
    profile = browser()
    sign_in(profile, **person)
    copy = Browser(app.base, cookies=dict(profile.cookies))
    assert copy.me().status == 200
    profile.sign_out()
    refused_within_a_second(copy)
    assert copy.account() is None


def test_the_frameworks_own_sign_out_ends_what_was_begun(
    app: App, provider: Provider, browser: Browse, sign_in: Land, person: dict[str, str]
) -> None:
    """What is under way in this browser, and what has landed and waits to be collected."""
    profile, control = browser(), browser()
    sign_in(profile, **person)
    waiting = provider.approve(profile.begin().token, **person)
    landed = provider.approve(profile.begin().token, **person)
    popup = Browser(app.base, cookies=dict(profile.cookies))
    assert popup.come_back(landed).status == 303
    before = Browser(app.base, cookies=dict(profile.cookies))
    answer = profile.fetch("POST", "/api/sign-out")
    assert len(answer.all("set-cookie")) == 3
    assert profile.cookies == {}
    assert live_sessions(app, person["user_id"]) == 0
    exchanges, rows = len(provider.exchanges), app.all_rows()
    before.come_back(waiting)
    refused_within_a_second(before)
    assert before.collect().json()["account"] is None
    assert (len(provider.exchanges), app.all_rows()) == (exchanges, rows)
    assert live_sessions(app, person["user_id"]) == 0
    sign_in(control, **person)
    assert control.me().status == 200


def test_the_frameworks_own_sign_out_by_bearer(
    app: App, browser: Browse, sign_in: Land, person: dict[str, str]
) -> None:
    """It ends the bearer's session, and no cookie's beside it."""
    profile, other = browser(), browser()
    sign_in(profile, **person)
    sign_in(other, user_id=person["user_id"] + "7", screen_name=person["screen_name"] + "_b")
    bearer = f"Bearer {profile.session_cookie}"
    answer = other.request("POST", "/api/sign-out", headers={"Authorization": bearer, "Origin": app.base})
    assert (answer.status, answer.all("set-cookie")) == (200, [])
    assert live_sessions(app, person["user_id"]) == 0
    assert live_sessions(app, person["user_id"] + "7") == 1
    refused_within_a_second(profile)
    assert browser().request("GET", "/api/me", headers={"Authorization": bearer}).status == 401
    assert other.me().status == 200


# Other pages


def test_a_listed_origin(browser: Browse, app: App) -> None:
    page = Browser(app.base, origin=LISTED, site="cross-site")
    answer = page.fetch("GET", "/auth/session", Sec_Fetch_Site="cross-site")
    assert answer.all("access-control-allow-origin") == [LISTED]
    assert answer.all("access-control-allow-credentials") == ["true"]
    assert "Origin" in (answer.header("vary") or "")
    asked = {
        "Origin": LISTED,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    preflight = page.request("OPTIONS", "/auth/session", headers=asked)
    assert preflight.status == 204
    assert preflight.all("access-control-allow-origin") == [LISTED]
    assert "POST" in (preflight.header("access-control-allow-methods") or "")
    for origin in ("https://other.example", "https://pages.example.evil.test", "null"):
        stranger = page.request("GET", "/auth/session", headers={"Origin": origin})
        assert stranger.header("access-control-allow-origin") is None


def test_account_and_devices(browser: Browse, sign_in: Land, person: dict[str, str], app: App) -> None:
    profile = browser()
    sign_in(profile, **person)
    (device,) = profile.fetch("GET", "/auth/sessions").json()["sessions"]
    assert device["current"]
    assert device["network"] == "127.0.0.0/24"
    other = browser()
    sign_in(other, **person)
    assert len(profile.fetch("GET", "/auth/sessions").json()["sessions"]) == 2
    assert profile.fetch("DELETE", "/auth/sessions").status == 204
    refused_within_a_second(other)
    assert profile.me().status == 200
    last = profile.fetch("POST", "/auth/unlink", {"provider": "twitter"})
    assert (last.status, code_in(last)) == (409, "last_identity")


def test_the_classic_first_step(provider: Provider, browser: Browse) -> None:
    answer = browser().fetch("POST", "/auth/twitter", {"name": "twitter"})
    assert answer.status == 200
    assert set(json.loads(answer.body)) == {"oauth_token", "oauth_callback_confirmed"}


def test_a_listed_page_with_oauth_2(app: App, provider: Provider, browser: Browse, person: dict[str, str]) -> None:
    """Its start, its code and its request; and no such route where no page is listed."""
    page, profile, other = app.base, browser(), browser()
    start = f"authorize?redirect_uri={page}&state=a%20b%26c"
    assert leads(profile, f"/auth/twitter/{start}").status == 404
    assert leads(profile, f"/auth/github/{start}", Sec_Fetch_Site="cross-site").status == 403
    started = leads(profile, f"/auth/github/{start}")
    assert_ours(started)
    callback = provider.at("github").approve(started.header("location") or "", **person)
    returned = profile.come_back(callback).header("location") or ""
    assert re.fullmatch(rf"{re.escape(page)}\?code=[\w-]{{43}}&state=a%20b%26c#", returned)
    sent = {"code": dict(parse_qsl(urlsplit(returned).query))["code"], "redirectUri": page}
    assert other.fetch("POST", "/auth/github", sent).code == "cookies_blocked"
    answer = profile.fetch("POST", "/auth/github", sent)
    assert (answer.status, set(answer.json())) == (200, {"account"})
    assert handle_of(profile.me()) == person["screen_name"]


def leads(profile: Browser, path: str, **headers: str) -> Answer:
    """A page of the app sends a window there, by GET."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return profile.visit(path, headers={"Sec-Fetch-Site": "same-origin", "Referer": f"{profile.base}/", **named})
