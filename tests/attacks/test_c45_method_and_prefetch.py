"""C45: only the verbs of the contract; nothing is consumed by a prefetch, a HEAD or a frame, or sent twice over."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from support.browser import Answer, Browser
from support.fronts import at_both
from support.servers import App, Provider

WRONG = [
    ("/auth/session", ("PUT", "PATCH", "HEAD")),
    ("/auth/twitter", ("PUT", "PATCH", "DELETE", "HEAD")),
    ("/auth/twitter/done", ("POST", "PUT", "DELETE", "HEAD")),
    ("/auth/twitter/failed", ("POST", "DELETE", "HEAD")),
    ("/auth/client.js", ("POST", "DELETE")),
]


@pytest.mark.parametrize(("path", "methods"), WRONG)
def test_only_the_verbs_of_the_contract(
    app: App, provider: Provider, browser: Callable[[], Browser], path: str, methods: tuple[str, ...]
) -> None:
    for method in methods:
        answer = browser().request(method, path, headers={"Origin": app.base})
        assert answer.status == 405, (method, path)
        assert answer.header("allow")
        assert answer.all("set-cookie") == []
    assert provider.journal == []


def test_overriding_a_method_is_nothing(app: App, provider: Provider, browser: Callable[[], Browser]) -> None:
    for headers in ({"X-HTTP-Method-Override": "POST"}, {"X-Method-Override": "DELETE"}):
        assert browser().request("GET", "/auth/twitter", headers={**headers, "Origin": app.base}).status == 400
    assert browser().request("GET", "/auth/twitter?_method=POST", headers={"Origin": app.base}).status == 400
    assert provider.journal == []


@at_both
def test_looking_ahead_consumes_nothing(
    app: App,
    provider: Provider,
    browser: Callable[[], Browser],
    person: dict[str, str],
    sign_in: Callable[..., Answer],
) -> None:
    profile = browser()
    callback = provider.approve(profile.begin().send_to, **person)
    before = app.all_rows()
    path = callback.removeprefix(app.base)
    for headers in (
        {"Sec-Purpose": "prefetch"},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"X-Moz": "prefetch"},
    ):
        assert profile.visit(path, headers=headers).code == "not_a_navigation"
    profile.request("HEAD", path)
    profile.request("OPTIONS", path)
    assert provider.exchanges == []
    assert app.all_rows() == before
    assert profile.come_back(callback).status == 303
    assert len(provider.exchanges) == 1


def test_who_is_signed_in_is_never_a_page(
    browser: Callable[[], Browser], person: dict[str, str], sign_in: Callable[..., Answer]
) -> None:
    """A window that another site opens at this address shows nothing to measure; a page's own request is answered."""
    profile = browser()
    sign_in(profile, **person)
    for login in ("", f"?login={'A' * 22}"):
        answer = profile.visit(f"/auth/session{login}")
        assert answer.status == 403
        assert person["screen_name"] not in answer.text
    assert profile.account()["identities"][0]["handle"] == person["screen_name"]  # the control


def test_a_query_beside_a_body_is_nothing(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """What is posted is in the body. The control: the same fields in the body count."""
    profile = browser()
    asked = {"mode": "page", "return_to": "/elsewhere", "login": "B" * 22}
    begun = profile.submit(f"/auth/twitter?{urlencode(asked)}", {"mode": "popup", "login": "A" * 22})
    assert list(profile.login_cookies) == [f"valetkey-login-{'A' * 22}"]
    landed = profile.come_back(provider.approve(token_of(begun), **person))
    assert landed.header("location") == f"/auth/twitter/done?login={'A' * 22}#"
    begun = profile.submit("/auth/twitter", asked)
    assert profile.come_back(provider.approve(token_of(begun), **person)).header("location") == "/elsewhere#"


def token_of(begun: Answer) -> str:
    return begun.send_to
