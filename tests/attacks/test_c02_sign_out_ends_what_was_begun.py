"""C2, and nothing undoes a sign-out: what was begun before a sign-out is dead after it, in every delivery and shape.

Ada starts a link or a sign-in and leaves its popup at the consent page; she signs out, and perhaps Bob signs in in the
same tab; then the popup is approved. Nothing is linked to Bob, and nobody is signed in by it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from support.browser import Browser
from support.servers import App, Provider, app_and_provider
from support.token_page import PAGE, RELAY, Page, person, session_of
from support.waiting import wait_for

SHAPES = {
    "one site": ({}, False),
    "two sites": ({"VALETKEY_RELAY": RELAY}, True),
}
World = tuple[App, Provider, bool]


@pytest.fixture(scope="module", params=list(SHAPES))
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Token delivery. Whether the page's own requests carry the cookies of its logins is the browser's to say."""
    relay, blocked = SHAPES[request.param]
    with app_and_provider(PROGRAM="readme", VALETKEY_DELIVERY="token", VALETKEY_ORIGINS=PAGE, **relay) as (
        app,
        provider,
    ):
        yield app, provider, blocked


@pytest.fixture
def provider(world: World) -> Provider:
    world[1].reset()
    world[1].set(lenient=True)
    return world[1]


@pytest.fixture
def app(world: World) -> App:
    return world[0]


@pytest.fixture
def blocked(world: World) -> bool:
    return world[2]


def identities(app: App) -> dict[str, int]:
    return {"accounts": app.rows("accounts"), "identities": app.rows("identities")}


def burnt_claims(app: App) -> int:
    return int(app.query("SELECT count(*) FROM login_claims WHERE state = 'burnt'")[0][0])


@contextmanager
def during(work: Callable[[], object], provider: Provider) -> Iterator[None]:
    """What happens while the work's exchange is at the provider."""
    with ThreadPoolExecutor(1) as pool:
        with provider.held("exchange") as asked:
            done = pool.submit(work)
            wait_for(lambda: asked() or done.done())
            assert not done.done()
            yield
            assert not done.done()
        done.result(15)


# A link


@pytest.mark.parametrize("says", [True, False], ids=["the module's page", "a page that does not name its session"])
@pytest.mark.parametrize("approved", ["before", "after"])
def test_a_link_that_outlives_its_session(
    app: App, provider: Provider, blocked: bool, says: bool, approved: str
) -> None:
    page = Page(app, provider, says=says, blocked=blocked).sign_in(person())
    callback = provider.approve(page.start("/auth/twitter/link"), **person())
    ada = page.login, page.verifier, page.held
    if approved == "before":
        page.back(callback)
    code, cookies = page.code, dict(page.browser.cookies)
    page.sign_out()
    page.sign_in(person())
    bob = page.token
    page.browser.cookies |= cookies  # a browser that ignored their end, or whose start was answered after it
    (page.login, page.verifier, page.held), page.code = ada, code
    before = identities(app)
    if approved == "after":
        page.back(callback)
    answer = page.collect(bob)
    assert answer.code == "code_refused" or answer.json()["login"]["state"] in ("failed", "interrupted", "waiting")
    assert identities(app) == before
    assert len(page.identities()) == 1
    assert page.is_signed_in(bob)


@pytest.mark.parametrize("says", [True, False])
def test_the_control_of_a_link(app: App, provider: Provider, blocked: bool, says: bool) -> None:
    page = Page(app, provider, says=says, blocked=blocked).sign_in(person())
    page.link(person())
    assert page.collect(page.token).json()["login"]["state"] == "done"
    assert len(page.identities()) == 2


def test_a_link_of_another_tabs_account(app: App, provider: Provider, blocked: bool) -> None:
    """Nobody signed out, but the tab holds another person's token by now: one that was open before the link began."""
    bob = Page(app, provider, blocked=blocked).sign_in(person())
    ada = Page(app, provider, blocked=blocked).sign_in(person())
    ada.link(person())
    before = identities(app)
    answer = ada.collect(bob.token)
    assert answer.json()["login"]["error"]["code"] == "session_changed"
    assert identities(app) == before


# A sign-in


@pytest.mark.parametrize("when", ["at the provider", "approved, not collected"])
@pytest.mark.parametrize("by", ["the module", "a bearer alone"])
def test_a_sign_in_that_was_open(app: App, provider: Provider, blocked: bool, when: str, by: str) -> None:
    page = Page(app, provider, blocked=blocked).sign_in(person())
    callback = provider.approve(page.start("/auth/twitter"), **person())
    if when != "at the provider":
        page.back(callback)
    cookies = dict(page.browser.cookies)
    if by == "the module":
        page.sign_out()
    else:
        page.browser.cookies.clear()
        assert page.ask("DELETE", page.token).status == 204
    page.browser.cookies = cookies
    if when == "at the provider":
        page.back(callback)
    answer = page.collect()
    assert "token" not in answer.json()
    assert answer.json().get("account") is None
    sessions = app.query("SELECT id FROM sessions WHERE login = ? AND revoked_at IS NULL", page.login)
    assert sessions == []


def test_the_control_of_a_sign_in(app: App, provider: Provider, blocked: bool) -> None:
    """Without a sign-out it lands; the session that it replaces is over, and one session is left."""
    page = Page(app, provider, blocked=blocked).sign_in(person())
    older, second = page.token, person()
    page.back(provider.approve(page.start("/auth/twitter"), **second))
    landed = page.collect(older).json()
    assert landed["login"]["state"] == "done"
    assert landed["account"]["identities"][0]["subject"] == second["user_id"]
    assert page.is_signed_in(landed["token"])
    assert not page.is_signed_in(older)
    assert app.query("SELECT revoked_at IS NULL FROM sessions WHERE id = ?", session_of(older)) == [(0,)]


def test_after_a_reload_that_lost_the_token(app: App, provider: Provider, blocked: bool) -> None:
    """A page that keeps its token in memory presents none afterwards, and has not signed out."""
    page = Page(app, provider, blocked=blocked).sign_in(person())
    page.back(provider.approve(page.start("/auth/twitter"), **person()))
    assert page.is_signed_in(page.collect().json()["token"])


def test_a_token_that_was_over_before(app: App, provider: Provider, blocked: bool) -> None:
    """The page has not heard yet that it was signed out elsewhere: its next sign-in lands all the same."""
    page = Page(app, provider, blocked=blocked).sign_in(person())
    assert page.ask("DELETE", page.token).status == 204
    page.back(provider.approve(page.start("/auth/twitter"), **person()))
    landed = page.collect(page.token).json()
    assert landed["login"]["state"] == "done"
    assert page.is_signed_in(landed["token"])


@pytest.mark.parametrize("world", ["one site"], indirect=True)
def test_collected_again_with_the_old_token(app: App, provider: Provider) -> None:
    """The answer that had the new token was lost. A login's cookie brings it again; a code works once."""
    page = Page(app, provider).sign_in(person())
    page.back(provider.approve(page.start("/auth/twitter"), **person()))
    cookies = dict(page.browser.cookies)
    first = page.collect(page.token).json()["token"]
    page.browser.cookies = cookies
    assert page.collect(page.token).json()["token"] == first
    assert page.is_signed_in(first)


@pytest.mark.parametrize("world", ["two sites"], indirect=True)
def test_a_code_is_bound_to_the_session_of_its_page(app: App, provider: Provider) -> None:
    """What the page said at the start is sealed; it cannot be unsaid when the code is redeemed."""
    page = Page(app, provider, blocked=True).sign_in(person())
    page.back(provider.approve(page.start("/auth/twitter"), **person()))
    for said in ("", secrets.token_urlsafe(16)):
        assert page.collect(session=said).code == "code_refused"
    assert "token" in page.collect().json()


@pytest.mark.parametrize("world", ["one site"], indirect=True)
@pytest.mark.parametrize("asked_by", [PAGE, "https://evil.example"])
def test_a_sign_out_by_the_bearer_ends_what_the_cookies_name(app: App, provider: Provider, asked_by: str) -> None:
    """Also logins that do not say which session their page held. The control: a request that no page of ours sent has
    its own session ended, and touches no cookie."""
    page = Page(app, provider, says=False).sign_in(person())
    link = provider.approve(page.start("/auth/twitter/link"), **person())
    page.back(link)
    sign_in = provider.approve(page.start("/auth/twitter"), **person())
    before, cookies = burnt_claims(app), dict(page.browser.cookies)
    page.browser.origin = asked_by
    assert page.ask("DELETE", page.token).status == 204
    page.browser.origin, page.browser.cookies = PAGE, cookies
    assert not page.is_signed_in(page.token)
    page.back(sign_in)
    lands = asked_by != PAGE
    assert ("token" in page.collect().json()) is lands
    assert burnt_claims(app) == before + (0 if lands else 2)


def test_the_session_ends_during_the_exchange(app: App, provider: Provider, blocked: bool) -> None:
    """From another device, or by the app: neither the login's cookie nor its verifier is dropped."""
    page = Page(app, provider, blocked=blocked).sign_in(person())
    callback = provider.approve(page.start("/auth/twitter"), **person())
    with during(lambda: page.back(callback), provider):
        assert Browser(app.base).fetch("DELETE", "/auth/session", Authorization=f"Bearer {page.token}").status == 204
    answer = page.collect()
    assert "token" not in answer.json()
    assert app.query("SELECT id FROM sessions WHERE login = ? AND revoked_at IS NULL", page.login) == []


def test_a_link_that_is_restarted_is_not_the_next_persons(app: App, provider: Provider, blocked: bool) -> None:
    """The page did not name its session, so the time counts at which the link began, and not that of its restart."""
    page = Page(app, provider, says=False, blocked=blocked).sign_in(person())
    token = page.start("/auth/twitter/link")
    tied = person()
    ada = page.login, page.verifier
    bob = Page(app, provider, blocked=blocked).sign_in(person()).token
    provider.fault("access_token", "commit_then_drop", times=2)
    again = page.back(provider.approve(token, **tied))
    restarted = (again.header("refresh") or "").partition("oauth_token=")[2].partition("&")[0]
    assert restarted
    (page.login, page.verifier), page.code = ada, None
    page.back(provider.approve(restarted, **tied))
    before = identities(app)
    assert page.collect(bob).json()["login"]["error"]["code"] == "session_changed"
    assert identities(app) == before
    page.back(provider.approve(page.start("/auth/twitter/link"), **tied))
    assert page.collect(page.token).json()["login"]["state"] == "done"


@pytest.mark.parametrize("path", ["/auth/twitter", "/auth/twitter/link"])
def test_a_session_cookie_that_was_left_over(app: App, provider: Provider, path: str) -> None:
    """From before the app changed to token delivery: it is not the page's session, and stands for nobody."""
    page = Page(app, provider).sign_in(person())
    other = Page(app, provider).sign_in(person())
    page.browser.cookies["valetkey-session"] = other.token
    tied = person()
    page.back(provider.approve(page.start(path), **tied))
    assert page.collect(page.token).json()["login"]["state"] == "done"
    assert len(other.identities()) == 1
    assert len(page.identities()) == 2 if path.endswith("link") else not page.is_signed_in(page.token)


@pytest.mark.parametrize("world", ["two sites"], indirect=True)
def test_a_code_that_was_used(app: App, provider: Provider) -> None:
    """It is refused as such, though the session of its page was replaced by it."""
    page = Page(app, provider, blocked=True).sign_in(person())
    older = page.token
    page.back(provider.approve(page.start("/auth/twitter"), **person()))
    assert "token" in page.collect(older).json()
    assert page.collect(older).code == "code_refused"


# Cookie delivery


@pytest.fixture(scope="module")
def usual() -> Iterator[tuple[App, Provider]]:
    with app_and_provider(PROGRAM="readme") as pair:
        yield pair


@pytest.mark.parametrize("path", ["/auth/twitter", "/auth/twitter/link"])
@pytest.mark.parametrize("bob_comes", [False, True])
def test_a_start_that_is_answered_after_the_sign_out(usual: tuple[App, Provider], path: str, bob_comes: bool) -> None:
    """Its cookie arrives too late for the sign-out to end it; the session that was sealed in it says so."""
    app, provider = usual
    provider.reset()
    provider.set(lenient=True)
    browser = signed_in(app, provider)
    login = secrets.token_urlsafe(16)
    begun = browser.submit(path, {"login": login})
    cookies = browser.login_cookies
    for name in cookies:
        del browser.cookies[name]
    assert browser.sign_out().status == 204
    browser.cookies |= cookies
    if bob_comes:
        browser.cookies |= signed_in(app, provider).cookies
    exchanges, before, present = len(provider.exchanges), app.all_rows(), browser.session_cookie
    token = (begun.header("refresh") or "").partition("oauth_token=")[2].partition("&")[0]
    back = browser.come_back(provider.approve(token, **person()))
    assert back.code == "session_changed"
    assert len(provider.exchanges) == exchanges
    assert app.all_rows() == before
    assert browser.session_cookie == present
    assert (browser.account() is not None) is bob_comes


def test_the_cookies_session_ends_during_the_exchange(usual: tuple[App, Provider]) -> None:
    app, provider = usual
    provider.reset()
    browser = signed_in(app, provider)
    elsewhere = Browser(app.base, cookies={"valetkey-session": browser.session_cookie or ""})
    callback = provider.approve(browser.begin().token, **person())
    before, answers = app.all_rows(), []
    with during(lambda: answers.append(browser.come_back(callback)), provider):
        assert elsewhere.sign_out().status == 204
    assert answers[0].code == "session_changed"
    assert {**app.all_rows(), "login_claims": 0} == {**before, "login_claims": 0}
    assert browser.account() is None


def test_the_control_without_a_sign_out(usual: tuple[App, Provider]) -> None:
    app, provider = usual
    provider.reset()
    browser = signed_in(app, provider)
    for path, sessions in (("/auth/twitter", 1), ("/auth/twitter/link", 0)):
        before = app.rows("sessions")
        begun = browser.submit(path, {"login": secrets.token_urlsafe(16)})
        token = (begun.header("refresh") or "").partition("oauth_token=")[2].partition("&")[0]
        assert browser.come_back(provider.approve(token, **person())).code is None
        assert app.rows("sessions") == before + sessions
    assert len(browser.account()["identities"]) == 2


def signed_in(app: App, provider: Provider) -> Browser:
    browser = Browser(app.base)
    browser.come_back(provider.approve(browser.begin().token, **person()))
    assert browser.account() is not None
    return browser


def test_a_cookie_that_was_over_before(usual: tuple[App, Provider]) -> None:
    """Signed out from elsewhere a moment ago, and its cookie is still sent."""
    app, provider = usual
    provider.reset()
    browser = signed_in(app, provider)
    cookies = dict(browser.cookies)
    assert browser.sign_out().status == 204
    browser.cookies = cookies
    assert browser.come_back(provider.approve(browser.begin().token, **person())).code is None
    assert browser.account() is not None


@pytest.mark.parametrize("who", ["the same user", "another user"])
def test_two_tabs_of_a_browser_that_is_signed_in(usual: tuple[App, Provider], who: str) -> None:
    """Both begin as Ada. The first replaces the session; the second lands where the browser is Ada's still."""
    app, provider = usual
    provider.reset()
    ada = person()
    browser = Browser(app.base)
    browser.come_back(provider.approve(browser.begin().token, **ada))
    first, second = browser.begin(), browser.begin()
    comes = ada if who == "the same user" else person()
    assert browser.come_back(provider.approve(first.token, **comes)).code is None
    last = browser.come_back(provider.approve(second.token, **ada))
    assert last.code == (None if comes == ada else "session_changed")
    assert browser.account()["identities"][0]["subject"] == comes["user_id"]
    assert len(provider.exchanges) == (3 if comes == ada else 2)


# The way back in another browser


def test_sign_in_here_where_it_would_land_nowhere(app: App, provider: Provider) -> None:
    """In token delivery a page begins its logins itself, with a verifier: a link to it stands in the button's place."""
    page = Page(app, provider)
    callback = provider.approve(page.start("/auth/twitter"), **person())
    stranger = Browser(app.base)
    refused = stranger.come_back(callback)
    shown = stranger.visit(refused.header("location") or "")
    assert "Sign in here" not in shown.text
    assert f'href="{PAGE}/"' in shown.text
