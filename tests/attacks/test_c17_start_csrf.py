"""C17: nothing begins, collects or signs out at another site's wish."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.browser import Answer, Browser
from support.fronts import X
from support.servers import App, Provider

FORM = "application/x-www-form-urlencoded"
EVIL = "https://evil.test"

# (headers that a browser would send along, whether it may)
SENDERS = [
    ({"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}, False),
    ({"Origin": EVIL}, False),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "same-site"}, False),
    ({"Sec-Fetch-Site": "none"}, False),
    ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, False),
    ({"Origin": "null"}, False),
    ({"Origin": ""}, False),
    ({}, False),
    # A header that lies is still somebody else's.
    ({"Origin": EVIL, "Sec-Fetch-Site": "same-origin"}, False),
    ({"Origin": "{base}.evil.test", "Sec-Fetch-Site": "same-origin"}, False),
    ({"Origin": "{base}/", "Sec-Fetch-Site": "cross-site"}, False),
    ({"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"}, False),
    ({"Referer": "{base}/"}, False),
    ({"Origin": "{base}"}, True),
    ({"Origin": "{base}", "Sec-Fetch-Site": "same-site"}, True),
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, True),
]


# A page's own request, which classic pages send, begins at X alone.
@pytest.mark.parametrize(("headers", "allowed"), SENDERS)
@pytest.mark.parametrize(
    ("front", "kind"), [("twitter", FORM), ("twitter", "application/json"), ("acme", FORM)], indirect=["front"]
)
def test_who_may_begin(
    app: App, provider: Provider, browser: Callable[[], Browser], headers: dict[str, str], allowed: bool, kind: str
) -> None:
    sent = {name: value.format(base=app.base) for name, value in headers.items()}
    profile = browser()
    body = "mode=popup" if kind == FORM else "{}"
    path = f"/auth/{profile.provider}"
    answer = profile.request("POST", path, body=body, headers={**sent, "Content-Type": kind})
    assert (answer.status == 200) == allowed, answer.text
    assert bool(profile.login_cookies) == allowed
    if provider.front is X:
        assert len(provider.calls("request_token")) == int(allowed)
    if not allowed:
        # A page that begins by a request of its own gets a hint that helps it.
        named = "Origin" in sent and sent["Origin"] != "null" and kind != FORM
        assert answer.code in (("classic_cross_origin",) if named else ("foreign_origin", "wrong_host"))


@pytest.mark.parametrize(("headers", "allowed"), SENDERS)
def test_who_may_sign_out_and_collect(
    app: App,
    browser: Callable[[], Browser],
    person: dict[str, str],
    sign_in: Callable[..., Answer],
    headers: dict[str, str],
    allowed: bool,
) -> None:
    sent = {name: value.format(base=app.base) for name, value in headers.items()}
    profile = browser()
    sign_in(profile, **person)
    collected = profile.request(
        "POST", "/auth/session", body="{}", headers={**sent, "Content-Type": "application/json"}
    )
    assert (collected.status == 200) == allowed
    signed_out = profile.request("DELETE", "/auth/session", headers=sent)
    assert (signed_out.status == 204) == allowed
    assert (profile.me().status == 401) == allowed


def test_a_page_opened_at_the_other_loopback_name_is_told_so(app: App, browser: Callable[[], Browser]) -> None:
    other = app.base.replace("127.0.0.1", "localhost")
    answer = browser().request(
        "POST",
        "/auth/twitter",
        body="{}",
        headers={"Origin": other, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"},
    )
    assert (answer.status, answer.code) == (403, "wrong_host")
    assert app.base in answer.json()["error"]["hint"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_beginning_is_a_post(provider: Provider, browser: Callable[[], Browser], app: App, method: str) -> None:
    profile = browser()
    answer = profile.request(
        method, "/auth/twitter?mode=popup&login=AAAAAAAAAAAAAAAAAAAAAA", headers={"Origin": app.base}
    )
    assert answer.status in (400, 405)
    assert provider.journal == []
    assert profile.cookies == {}


@pytest.mark.parametrize(
    ("kind", "body"),
    [("text/plain", "{}"), ("multipart/form-data", "mode=popup"), ("", "mode=popup"), ("application/xml", "<a/>")],
)
def test_other_bodies_are_415(
    provider: Provider, browser: Callable[[], Browser], app: App, kind: str, body: str
) -> None:
    """``text/plain`` is what a page can send anywhere without asking."""
    headers = {"Origin": app.base, **({"Content-Type": kind} if kind else {})}
    answer = browser().request("POST", "/auth/twitter", body=body, headers=headers)
    assert (answer.status, answer.code) == (415, "unsupported_media_type")
    assert provider.journal == []


def test_a_field_twice_is_an_error(provider: Provider, browser: Callable[[], Browser], app: App) -> None:
    for kind, body in (
        (FORM, "mode=popup&mode=page"),
        ("application/json", '{"mode": "popup", "mode": "page"}'),
        (FORM, "login=AAAAAAAAAAAAAAAAAAAAAA&log%69n=BBBBBBBBBBBBBBBBBBBBBB"),
    ):
        answer = browser().request(
            "POST", "/auth/twitter", body=body, headers={"Origin": app.base, "Content-Type": kind}
        )
        assert (answer.status, answer.code) == (400, "bad_request")
    assert provider.journal == []
