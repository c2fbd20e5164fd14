"""What an adapter, or the server below it, can get wrong: headers and cookies on their way in and out, methods, paths,
bodies, threads, its own sign-out, its log. Every cell plays this; what is behind an adapter is the same for all, and
is played by one synchronous and one asynchronous cell of each framework (``contract.py``).
"""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qsl, urlencode, urlsplit

from support.browser import Answer, Browser
from support.servers import SECRET, App, Provider
from support.waiting import wait_for
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


def refused_within_a_second(profile: Browser, processes: int = 1) -> None:
    """By each of the server's processes; which of several answers is not to be chosen."""
    deadline = time.monotonic() + 1.0
    time.sleep(1.0 if processes > 1 else 0.0)
    while (status := profile.me().status) == 200 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert status == 401


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


def test_readiness(browser: Browse) -> None:
    """By GET and HEAD, which some frameworks route by themselves."""
    ready, head, refused = (browser().request(method, "/auth/health") for method in ("GET", "HEAD", "PUT"))
    assert (ready.status, ready.json(), ready.all("set-cookie")) == (200, {"status": "ok"}, [])
    assert_ours(ready)
    assert (head.status, head.body) == (200, b"")
    assert refused.status in (403, 405)


def test_the_session_cookie(provider: Provider, browser: Browse, person: dict[str, str]) -> None:
    """Exactly ours, and exactly two: the login's is cleared."""
    profile = browser()
    answer = profile.come_back(provider.approve(profile.begin().token, **person))
    assert answer.status == 303
    assert_ours(answer)
    assert re.fullmatch(r"/auth/twitter/done\?login=[\w-]{22}#", answer.header("location") or "")
    cleared, session = sorted(answer.all("set-cookie"))
    assert re.fullmatch(r"valetkey-login-[\w-]{22}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax", cleared)
    assert re.fullmatch(r"valetkey-session=[\w.-]+; Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax", session)
    done = profile.visit(answer.header("location") or "")
    assert done.status == 200
    assert_ours(done)


def test_delivered_twice_at_once(provider: Provider, browser: Browse, person: dict[str, str]) -> None:
    """One exchange, one session; the second waits, or is asked to."""
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


def test_no_csrf_token_of_the_frameworks_own_is_asked_for(browser: Browse) -> None:
    """Ours is stricter: every unsafe route of ours answers without one."""
    profile = browser()
    assert profile.begin().answer.status == 200
    assert profile.collect().status == 202
    assert profile.fetch("POST", "/auth/unlink", {"provider": "twitter"}).status == 401
    assert profile.fetch("DELETE", "/auth/sessions").status == 401
    assert profile.sign_out().status == 204


def test_a_form_from_the_providers_page(provider: Provider, browser: Browse, person: dict[str, str]) -> None:
    """``response_mode=form_post`` comes from another site and without cookies. It is sent on to the callback, and what
    it says of the user arrives there."""
    profile = browser()
    begun = profile.begin()
    fields = {"code": "a/b+c", "state": "s", "user": '{"name": {"firstName": "Ada", "lastName": "<b>"}}'}
    elsewhere = {"Origin": "https://provider.example", "Sec_Fetch_Site": "cross-site"}
    stranger = browser()
    answer = stranger.submit("/auth/twitter/return", fields, **elsewhere)
    assert (answer.status, answer.header("location")) == (303, "/auth/twitter?code=a%2Fb%2Bc&state=s#")
    assert_ours(answer)
    (cookie,) = answer.all("set-cookie")
    assert re.fullmatch(r"valetkey-posted-name=[\w-]{60,200}; Max-Age=120; Path=/; HttpOnly; SameSite=Lax", cookie)
    profile.cookies |= stranger.cookies
    landed = profile.come_back(f"{provider.approve(begun.token, **person)}&state=s")
    assert landed.status == 303
    assert "valetkey-posted-name" not in profile.cookies
    assert profile.account()["identities"][0]["name"] == "Ada <b>"


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


def test_the_frameworks_own_sign_out(
    cell: Cell, app: App, browser: Browse, sign_in: Land, person: dict[str, str]
) -> None:
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
    assert (profile.cookies, profile.me().status) == ({}, 401)
    refused_within_a_second(copy, cell.processes)
    assert copy.account() is None
    assert stranger.me().status == 200
    again = copy.fetch("POST", "/api/sign-out")  # with a pass that is over
    assert (again.status, copy.cookies) == (200, {})


def live_sessions(app: App, subject: str) -> int:
    ((found,),) = app.query(
        "SELECT count(*) FROM sessions JOIN identities USING (account_id)"
        " WHERE revoked_at IS NULL AND identities.subject = ?",
        subject,
    )
    return int(found)


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


def test_no_secret_in_the_log(
    cell: Cell, app: App, provider: Provider, browser: Browse, person: dict[str, str]
) -> None:
    """The server's own access log included, at its loudest."""
    profile, before = browser(), app.server.log
    begun = profile.begin()
    sealed = list(profile.cookies.values())
    profile.come_back(provider.approve(begun.token, **person))
    profile.visit("/auth/twitter?oauth_token=canary-token&oauth_verifier=canary-verifier")
    profile.me()
    asked = {"/auth/twitter": 3, "/api/me": 1}
    # Some write the line after the answer.
    wait_for(lambda: all(app.server.log.count(one) >= before.count(one) + times for one, times in asked.items()))
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
