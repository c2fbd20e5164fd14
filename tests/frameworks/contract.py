"""What every framework keeps, over real HTTP: the promises, headers and bindings of the HTTP contract.

A framework's file says ``CELLS`` and ``inherit(globals())``; then it plays all of this on each of its servers, and on
the ``whole`` ones the attacks as well, which were written against the demo app and are the very same functions.
"""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from support.browser import HTML, Answer, Browser
from support.servers import SECRET, App, Provider
from support.wire import mentions

from frameworks.cells import Cell

LISTED = "https://pages.example"
OURS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "unsafe-none",
}
ATTACKS = (
    "attacks.test_c01_login_csrf",
    "attacks.test_c03_authorise_url_fixation",
    "attacks.test_c04_token_swap",
    "attacks.test_c05_callback_replay",
    "attacks.test_c06_double_delivery",
    "attacks.test_c08_crossover",
    "attacks.test_c16_session_fixation",
    "attacks.test_c17_start_csrf",
    "attacks.test_c18_client_chosen_endpoint",
    "attacks.test_c19_host_poisoning",
    "attacks.test_c20_open_redirect",
    "attacks.test_c25_callback_confirmed",
    "attacks.test_c34_cookie_contract",
    "attacks.test_c34_octets",
    "attacks.test_c42_header_and_log_injection",
    "attacks.test_c45_method_and_prefetch",
    "attacks.test_c46_denied",
    "attacks.test_hang_up",
)


def inherit(into: dict[str, Any]) -> None:
    """Give a test module all of this, and the attacks under their file's name."""
    for name, function in globals().copy().items():
        if name.startswith("test_"):
            into[name] = function
    for module in ATTACKS:
        prefix = module.rpartition(".test_")[2]
        for name, function in vars(import_module(module)).items():
            if name.startswith("test_") and function.__module__ == module:
                into[f"test_{prefix}__{name.removeprefix('test_')}"] = function


Browse = Callable[[], Browser]
Land = Callable[..., Answer]


def code_in(answer: Answer) -> str | None:
    """Wherever a framework's people expect an error's code in JSON."""
    found = re.search(r'"code":\s*"(\w+)"', answer.text)
    return found[1] if found else None


def handle_of(answer: Answer) -> str | None:
    return str(answer.json()["identities"][0]["handle"]) if answer.status == 200 else None


def assert_ours(answer: Answer) -> None:
    """Each header once, as it was said: no middleware of the framework's has written over it or beside it."""
    for name, value in OURS.items():
        assert answer.all(name) == [value], name


# Signing in


def test_sign_in_and_out(app: App, provider: Provider, browser: Browse, sign_in: Land, person: dict[str, str]) -> None:
    profile = browser()
    assert profile.me().status == 401
    sign_in(profile, **person)
    assert handle_of(profile.me()) == person["screen_name"]
    assert profile.request("GET", "/api/maybe").json() == {"handle": person["screen_name"]}
    assert app.rows("sessions") >= 1
    assert profile.sign_out().status == 204
    assert profile.me().status == 401
    assert profile.request("GET", "/api/maybe").json() == {"handle": None}
    assert profile.cookies == {}


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
    (x,) = answer.json()["providers"]
    assert (answer.status, x["name"], x["title"], set(x)) == (200, "twitter", "X", {"name", "title", "icon", "colors"})
    assert answer.all("access-control-allow-origin") == ["*"]
    assert answer.all("access-control-allow-credentials") == answer.all("set-cookie") == []
    assert answer.all("cache-control") == ["public, max-age=0, must-revalidate"]
    head = browser().request("HEAD", "/auth/providers")
    assert (head.status, head.text) == (200, "")
    unchanged = browser().request("GET", "/auth/providers", headers={"If-None-Match": answer.header("etag") or ""})
    assert (unchanged.status, unchanged.text) == (304, "")
    assert browser().request("POST", "/auth/providers").status in (403, 405)


def test_the_session_cookie(provider: Provider, browser: Browse, person: dict[str, str]) -> None:
    """Exactly ours, and exactly two: the login's is cleared."""
    profile = browser()
    answer = profile.come_back(provider.approve(profile.begin().token, **person))
    assert answer.status == 303
    assert_ours(answer)
    assert re.fullmatch(r"/auth/twitter/done\?login=[\w-]{22}", answer.header("location") or "")
    cleared, session = sorted(answer.all("set-cookie"))
    assert re.fullmatch(r"valetkey-login-[\w-]{22}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax", cleared)
    assert re.fullmatch(r"valetkey-session=[\w.-]+; Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax", session)
    done = profile.visit(answer.header("location") or "")
    assert done.status == 200
    assert_ours(done)


def test_a_failure_has_its_status_and_its_page(app: App, provider: Provider, browser: Browse) -> None:
    profile = browser()
    before = app.all_rows()
    begun = profile.begin()
    answer = profile.visit(f"/auth/twitter?denied={begun.token}")
    assert (answer.status, answer.header("location")) == (303, "/auth/twitter/failed?code=denied")
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


def test_delivered_twice_at_once(provider: Provider, browser: Browse, person: dict[str, str]) -> None:
    """One exchange, one session; who comes second waits, or is told to."""
    profile = browser()
    callback = provider.approve(profile.begin().token, **person)
    copy = Browser(profile.base, cookies=dict(profile.cookies))
    provider.fault("access_token", "delay", seconds=0.4)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(profile.come_back, callback), pool.submit(copy.come_back, callback)
        assert {first.result().status, second.result().status} <= {202, 303}
    copy.come_back(callback)
    profile.come_back(callback)
    assert profile.session_cookie == copy.session_cookie is not None
    assert len(provider.exchanges) == 1


def test_people_do_not_cross_at_once(provider: Provider, browser: Browse) -> None:
    def live(number: int) -> tuple[str, str | None]:
        profile = browser()
        begun = profile.begin()
        profile.come_back(provider.approve(begun.token, user_id=str(8_800_000 + number), screen_name=f"p{number}"))
        return f"p{number}", handle_of(profile.me())

    with ThreadPoolExecutor(6) as pool:
        lives = list(pool.map(live, range(24)))
    assert [pair for pair in lives if pair[0] != pair[1]] == []


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


def test_no_csrf_token_of_the_frameworks_own_is_asked_for(browser: Browse) -> None:
    """Ours is stricter: every unsafe route of ours answers without one."""
    profile = browser()
    assert profile.begin().answer.status == 200
    assert profile.collect().status == 202
    assert profile.fetch("POST", "/auth/unlink", {"provider": "twitter"}).status == 401
    assert profile.fetch("DELETE", "/auth/sessions").status == 401
    assert profile.sign_out().status == 204


def test_the_guard_of_the_apps_own_routes(app: App, browser: Browse, sign_in: Land, person: dict[str, str]) -> None:
    """An unsafe method by cookie must come from a page of the app: the Lax cookie rides along from a sibling."""
    profile = browser()
    sign_in(profile, **person)
    assert profile.request("POST", "/api/me", headers={"Origin": app.base}).status == 200
    assert profile.request("POST", "/api/me", headers={"Sec-Fetch-Site": "same-origin"}).status == 200
    for headers in ({}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://other.example"}):
        refused = profile.request("POST", "/api/me", headers=headers)
        assert (refused.status, code_in(refused)) == (403, "foreign_origin")
    assert profile.request("GET", "/api/me", headers={"Sec-Fetch-Site": "cross-site"}).status == 200


def test_the_same_pass_as_a_bearer(app: App, browser: Browse, sign_in: Land, person: dict[str, str]) -> None:
    """And a wrong bearer is nobody, whatever the cookie says."""
    profile, anywhere = browser(), browser()
    sign_in(profile, **person)
    bearer = {"Authorization": f"Bearer {profile.session_cookie}"}
    assert handle_of(anywhere.request("GET", "/api/me", headers=bearer)) == person["screen_name"]
    assert anywhere.request("POST", "/api/me", headers=bearer).status == 200
    for wrong in ("Bearer nonsense", "Bearer ", f"Bearer {(profile.session_cookie or '')[:-2]}xx"):
        assert profile.request("GET", "/api/me", headers={"Authorization": wrong}).status == 401
    assert profile.request("GET", "/api/me", headers={"Authorization": "Basic YTpi"}).status == 200


def test_nobody_is_told_so(browser: Browse) -> None:
    answer = browser().me()
    assert (answer.status, code_in(answer)) == (401, "not_signed_in")
    assert answer.header("www-authenticate") == "Bearer"
    forged = Browser(browser().base, cookies={"valetkey-session": "a.b.c"})
    assert forged.me().status == 401
    assert forged.account() is None


def test_a_session_cookie_twice_is_none(
    cell: Cell, app: App, browser: Browse, sign_in: Land, person: dict[str, str]
) -> None:
    """One of the two was planted by a neighbour. In one header, and in two. Where the server has joined two by a comma,
    what stands behind it is nobody's, and does not count against the real one either: a neighbour may write a comma."""
    profile = browser()
    sign_in(profile, **person)
    good = f"valetkey-session={profile.session_cookie}"
    assert profile.request("GET", "/api/me", headers={"Cookie": f"a=b; {good}"}).status == 200
    none = {400, 401}
    for cookies, may in (
        ([f"{good}; valetkey-session=x"], none),
        ([f"valetkey-session=x; {good}"], none),
        ([good, "valetkey-session=x"], none),
        ([f"{good}; a=b", "valetkey-session=x"], none if cell.sees_headers_apart else {200}),  # part of a's value
        (["a=b", good, "valetkey-session=x"], none),
    ):
        connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=10)
        connection.putrequest("GET", "/api/me")
        for cookie in cookies:
            connection.putheader("Cookie", cookie)
        connection.endheaders()
        assert connection.getresponse().status in may, cookies
        connection.close()


def test_a_header_for_each_cookie(cell: Cell, app: App, browser: Browse, sign_in: Land, person: dict[str, str]) -> None:
    """As HTTP/2 has them (RFC 9113 §8.2.3). WSGI cannot tell them from a comma in a value: there nobody is signed in,
    and a proxy before it has to join them, as that section says."""
    profile = browser()
    sign_in(profile, **person)
    good = f"valetkey-session={profile.session_cookie}"
    for cookies in (["a=b", good], [good, "a=b"], ["a=b", good, "c=d"]):
        connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=10)
        connection.putrequest("GET", "/api/me")
        for cookie in cookies:
            connection.putheader("Cookie", cookie)
        connection.endheaders()
        assert connection.getresponse().status == (200 if cell.sees_headers_apart else 401), cookies
        connection.close()


def test_a_cookie_in_a_cookies_value_is_none(
    app: App, provider: Provider, browser: Browse, sign_in: Land, person: dict[str, str]
) -> None:
    """A comma is how servers join headers, and what a neighbour may write into a cookie of its own: neither a session
    nor a login is planted that way, past the prefix of their names. A comma in another's cookie harms nobody."""
    attacker, victim = browser(), browser()
    begun = attacker.begin()
    ((name, sealed),) = attacker.login_cookies.items()
    callback = provider.approve(begun.token, **person)
    for planted in (f"x=1,{name}={sealed}", f"x=1; ,{name}={sealed}", f"x=1, {name}={sealed}; y=2"):
        answer = victim.come_back(callback, headers={"Cookie": planted})
        assert (answer.code, victim.session_cookie) == ("another_browser", None)
    assert attacker.come_back(callback).status == 303
    session = f"valetkey-session={attacker.session_cookie}"
    for planted in (f"x=1,{session}", f"x=1; ,{session}", f"x=1, {session}; y=2"):
        assert victim.request("GET", "/api/me", headers={"Cookie": planted}).status == 401
        assert victim.request("GET", "/auth/session", headers={"Cookie": planted}).json() == {"account": None}
    for harmless in (f"x=1,2; {session}", f"{session}; x=1,2"):
        assert victim.request("GET", "/api/me", headers={"Cookie": harmless}).status == 200


def test_revoked_is_revoked(app: App, browser: Browse, sign_in: Land, person: dict[str, str]) -> None:
    """Signed out with one copy of the cookie, the other is worth nothing within a second."""
    profile = browser()
    sign_in(profile, **person)
    copy = Browser(app.base, cookies=dict(profile.cookies))
    assert copy.me().status == 200
    profile.sign_out()
    time.sleep(1)
    assert copy.me().status == 401
    assert copy.account() is None


def test_the_frameworks_own_sign_out(app: App, browser: Browse, sign_in: Land, person: dict[str, str]) -> None:
    """In a route of the app's: the session is over for every copy of its cookie, and the answer clears the cookies."""
    profile, stranger = browser(), browser()
    sign_in(profile, **person)
    sign_in(stranger, user_id=person["user_id"] + "7", screen_name=person["screen_name"] + "_b")
    copy = Browser(app.base, cookies=dict(profile.cookies))
    assert (profile.me().status, copy.me().status) == (200, 200)
    answer = profile.fetch("POST", "/api/sign-out")
    assert (answer.status, answer.json()) == (200, {"handle": None})
    assert answer.all("set-cookie") == ["valetkey-session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"]
    assert live_sessions(app, person["user_id"]) == 0
    assert live_sessions(app, person["user_id"] + "7") == 1
    time.sleep(1)  # on every node
    assert (profile.cookies, profile.me().status) == ({}, 401)
    assert (copy.me().status, copy.account()) == (401, None)
    assert stranger.me().status == 200
    again = copy.fetch("POST", "/api/sign-out")  # with a pass that is over
    assert (again.status, copy.cookies) == (200, {})


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
    time.sleep(1)  # on every node
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
    time.sleep(1)
    assert browser().request("GET", "/api/me", headers={"Authorization": bearer}).status == 401
    assert (profile.me().status, other.me().status) == (401, 200)


def live_sessions(app: App, subject: str) -> int:
    ((found,),) = app.query(
        "SELECT count(*) FROM sessions JOIN identities USING (account_id)"
        " WHERE revoked_at IS NULL AND identities.subject = ?",
        subject,
    )
    return int(found)


# Requests as they should not be


def test_methods(provider: Provider, browser: Browse) -> None:
    """HEAD, which prefetchers and scanners send, consumes nothing."""
    profile = browser()
    begun = profile.begin()
    query = urlsplit(provider.approve(begun.token)).query
    for method in ("HEAD", "PUT", "PATCH", "DELETE"):
        answer = profile.request(method, f"/auth/twitter?{query}")
        assert answer.status == 405, method
    assert provider.exchanges == []
    assert profile.request("OPTIONS", "/auth/session").status == 204
    assert profile.come_back(f"/auth/twitter?{query}").status == 303
    assert profile.me().status == 200


def test_bodies(app: App, browser: Browse) -> None:
    profile = browser()
    ours = {"Origin": app.base, "Accept": "application/json"}
    kinds: list[tuple[dict[str, str], bytes, int]] = [
        ({"Content-Type": "text/plain"}, b"{}", 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x--", 415),
        ({"Content-Type": "application/json"}, b"{", 400),
        ({"Content-Type": "application/json"}, b'{"login": 1, "login": 2}', 400),
        ({"Content-Type": "application/json"}, b"\xff", 400),
        ({"Content-Type": "application/json"}, b'{"login": "' + b"a" * 20_000 + b'"}', 413),
    ]
    for headers, body, status in kinds:
        answer = profile.request("POST", "/auth/session", body=body, headers={**ours, **headers})
        assert answer.status == status, (headers, body[:30])
        assert_ours(answer)
    assert profile.fetch("POST", "/auth/session", {}).status == 200


def test_a_query_that_says_two_things(provider: Provider, browser: Browse) -> None:
    profile = browser()
    begun = profile.begin()
    query = parse_qsl(urlsplit(provider.approve(begun.token)).query)
    doubled = urlencode([*query, ("oauth_verifier", "x")])
    assert profile.visit(f"/auth/twitter?{doubled}").code == "bad_request"
    assert provider.exchanges == []


def test_what_does_not_exist(browser: Browse) -> None:
    for path in ("/auth/", "/auth/nowhere", "/auth/twitter/other", "/auth/session/x", "/auth/client.js/x"):
        answer = browser().request("GET", path, headers={"Accept": "application/json"})
        assert answer.status == 404, path


# Other pages


def test_a_listed_origin(browser: Browse, app: App) -> None:
    page = Browser(app.base, origin=LISTED)
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


def test_the_module_is_served(browser: Browse) -> None:
    answer = browser().request("GET", "/auth/client.js")
    assert answer.status == 200
    assert answer.all("access-control-allow-origin") == ["*"]
    assert (answer.header("content-type") or "").startswith("text/javascript")
    etag = answer.header("etag") or ""
    assert browser().request("GET", "/auth/client.js", headers={"If-None-Match": etag}).status == 304
    head = browser().request("HEAD", "/auth/client.js")
    assert head.status == 200
    assert head.all("content-length") in ([], [str(len(answer.body))])


def test_host_and_forwarded_headers_choose_nothing(provider: Provider, app: App, browser: Browse) -> None:
    profile = browser()
    poison = {
        "X-Forwarded-Host": "evil.test",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Port": "1",
        "X-Forwarded-Prefix": "/evil",
        "Forwarded": "host=evil.test;proto=https",
        "X-Script-Name": "/evil",
        "X-Original-URL": "/evil",
    }
    answer = profile.submit("/auth/twitter", {"login": "b" * 22, "mode": "popup"}, **poison)
    assert answer.status == 200
    (call,) = provider.calls("request_token")
    assert call["oauth_callback"] == f"{app.base}/auth/twitter"
    assert not mentions(str(answer.headers) + answer.text, "evil")
    assert "Secure" not in str(answer.all("set-cookie"))


# What is written down


def test_no_secret_in_the_log(
    cell: Cell, app: App, provider: Provider, browser: Browse, person: dict[str, str]
) -> None:
    """The server's own access log included, at its loudest."""
    profile = browser()
    begun = profile.begin()
    sealed = list(profile.cookies.values())
    profile.come_back(provider.approve(begun.token, **person))
    profile.visit("/auth/twitter?oauth_token=canary-token&oauth_verifier=canary-verifier")
    profile.me()
    time.sleep(0.1)
    log = app.server.log
    verifiers = [entry["oauth_verifier"] for entry in provider.exchanges]
    assert len(verifiers) == 1
    canaries = [
        *verifiers,
        *provider.secrets,
        *sealed,
        profile.session_cookie or "-",
        SECRET,
        provider.secret,
        "canary",
    ]
    assert [one for one in canaries if len(one) > 5 and one in log] == []
    assert "/auth/twitter" in log  # the log is there


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
    time.sleep(1)
    assert (profile.me().status, other.me().status) == (200, 401)
    last = profile.fetch("POST", "/auth/unlink", {"provider": "twitter"})
    assert (last.status, code_in(last)) == (409, "last_identity")


def test_the_classic_first_step(provider: Provider, browser: Browse) -> None:
    answer = browser().fetch("POST", "/auth/twitter", {"name": "twitter"})
    assert answer.status == 200
    assert set(json.loads(answer.body)) == {"oauth_token", "oauth_callback_confirmed"}
