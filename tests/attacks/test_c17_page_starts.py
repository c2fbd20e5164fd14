"""C17 where a page sends a window to us by GET, to speak OAuth 2.0 itself: no other site begins a login so, and no part
of a page, no script and no prefetch does."""

from __future__ import annotations

import pytest
from support.hostile import Hostile
from support.in_process import InProcess
from support.listed import PAGE, app, landed, leads, listing, redeems, subject  # noqa: F401  # fixture
from support.with_p import NewApp, a_person

EVIL, SIBLING, LISTED = "https://evil.test", "https://evil.example", "https://app.example"
START = f"/auth/acme/authorize?redirect_uri={PAGE}"

# (what a browser sends along, why it may not). A navigation by GET has no Origin. An empty text: not sent.
FOREIGN, CLASSIC, NO = "foreign_origin", "classic_cross_origin", "not_a_navigation"
SENDERS: list[tuple[dict[str, str], str | None]] = [
    ({}, None),
    ({"Referer": ""}, None),  # the page sends none, and the browser says that it is one of ours
    ({"Referer": PAGE}, None),
    ({"Referer": f"{PAGE}/deep/in/it?with=a&query"}, None),
    ({"Sec-Fetch-Site": ""}, None),  # a browser without Fetch Metadata
    ({"Sec-Fetch-Site": "", "Sec-Fetch-Mode": "", "Sec-Fetch-Dest": ""}, None),
    ({"Referer": f"{LISTED}/", "Sec-Fetch-Site": "same-site"}, None),
    ({"Referer": f"{LISTED}/", "Sec-Fetch-Site": ""}, None),
    ({"Referer": f"{LISTED}/", "Sec-Fetch-Site": "cross-site"}, CLASSIC),  # it could not send the cookie afterwards
    ({"Sec-Fetch-Site": "cross-site"}, CLASSIC),  # our page, by way of another site's redirect
    ({"Referer": f"{EVIL}/", "Sec-Fetch-Site": "cross-site"}, FOREIGN),
    ({"Referer": "", "Sec-Fetch-Site": "cross-site"}, FOREIGN),
    ({"Referer": f"{SIBLING}/", "Sec-Fetch-Site": "same-site"}, FOREIGN),
    ({"Referer": "", "Sec-Fetch-Site": "same-site"}, FOREIGN),
    ({"Referer": "", "Sec-Fetch-Site": "none"}, FOREIGN),  # a link in a mail
    ({"Referer": "", "Sec-Fetch-Site": ""}, FOREIGN),
    ({"Referer": f"{EVIL}/", "Sec-Fetch-Site": ""}, FOREIGN),
    ({"Referer": f"{EVIL}/", "Sec-Fetch-Site": "same-origin"}, "wrong_host"),  # a page at another name of our host
    ({"Referer": "", "Sec-Fetch-Site": "cross-site", "Origin": PAGE}, FOREIGN),  # it is not read
    ({"Referer": f"{EVIL}/?{PAGE}/", "Sec-Fetch-Site": ""}, FOREIGN),
    ({"Referer": f"{PAGE}.evil.test/", "Sec-Fetch-Site": ""}, FOREIGN),
    ({"Referer": f"{PAGE}@evil.test/", "Sec-Fetch-Site": ""}, FOREIGN),
    ({"Referer": f"{PAGE}1/", "Sec-Fetch-Site": ""}, "wrong_host"),
    ({"Referer": "null", "Sec-Fetch-Site": ""}, FOREIGN),
    ({"Referer": "about:blank", "Sec-Fetch-Site": "cross-site"}, FOREIGN),
    ({"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, NO),
    ({"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, NO),
    ({"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": ""}, NO),
    ({"Sec-Fetch-Mode": "websocket", "Sec-Fetch-Dest": "document"}, NO),
    ({"Sec-Fetch-Dest": "iframe"}, NO),
    ({"Sec-Fetch-Dest": "frame"}, NO),
    ({"Sec-Fetch-Dest": "empty"}, NO),
    ({"Sec-Purpose": "prefetch;prerender"}, NO),
]


@pytest.mark.parametrize(("headers", "refused"), SENDERS)
def test_who_may_begin(new_app: NewApp, p: Hostile, headers: dict[str, str], refused: str | None) -> None:
    app = new_app(VALETKEY_ORIGINS=LISTED, **listing(p, PAGE))
    profile = app.browser()
    profile.begin_at("acme")  # which reads the provider's metadata and keys
    profile.cookies.clear()
    p.forget()
    answer = leads(profile, START, **{"Accept": "application/json", **headers})
    assert bool(profile.login_cookies) == (refused is None), answer.text
    assert p.calls() == []
    if refused is None:
        assert (answer.header("location") or "").startswith(f"{p.origin}/acme/authorize?")
    else:
        assert (answer.status, answer.code, answer.header("location")) == (403, refused, None)
        assert ("Referrer-Policy: no-referrer" in answer.json()["error"]["hint"]) == (refused == FOREIGN)


@pytest.mark.parametrize("name", ["Referer", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest"])
def test_a_header_twice(app: InProcess, p: Hostile, name: str) -> None:
    """A proxy and we might read another one each."""
    profile = app.browser()
    send = profile.send
    value = {"Referer": f"{PAGE}/", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}.get(name, "document")
    twice = {name.lower(): value, name.upper(): value}
    profile.send = lambda method, url, body, headers, timeout: send(  # type: ignore[method-assign]
        method, url, body, {key: one for key, one in headers.items() if key != name} | twice, timeout
    )
    assert leads(profile, START).status == 403
    assert profile.login_cookies == {}
    profile.send = send  # type: ignore[method-assign]
    assert leads(profile, START).status == 303


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD"])
def test_by_get_alone(app: InProcess, method: str) -> None:
    profile = app.browser()
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": PAGE}
    answer = profile.request(method, START, headers=headers)
    assert (answer.status, answer.header("allow")) == (405, "GET")
    assert profile.login_cookies == {}


@pytest.mark.parametrize("listed", [False, True])
def test_a_page_at_another_name_of_this_machine(new_app: NewApp, p: Hostile, listed: bool) -> None:
    """Its login's cookie would never reach the callback, also if its origin is listed. It learns where to be open."""
    wrong = PAGE.replace("127.0.0.1", "localhost")
    app = new_app(VALETKEY_ORIGINS=wrong if listed else LISTED, **listing(p, PAGE))
    profile = app.browser()
    answer = leads(profile, START, Host="localhost:8000", Referer=f"{wrong}/", Accept="application/json")
    assert (answer.status, answer.code) == (403, "wrong_host")
    assert PAGE in answer.json()["error"]["hint"]
    assert profile.login_cookies == {}


def test_the_page_that_waits_learns_of_a_foreign_start_nothing(app: InProcess, p: Hostile) -> None:
    """An attacker's page cannot end or replace the login that a page of ours has under way."""
    profile, who = app.browser(), a_person()
    started = leads(profile, START)
    kept = dict(profile.cookies)
    leads(profile, START, Referer=f"{EVIL}/", Sec_Fetch_Site="cross-site")
    assert profile.cookies == kept
    window = landed(profile.come_back(p.approve(started.header("location") or "", who)))
    assert subject(profile, redeems(profile, window.code)) == who["sub"]
