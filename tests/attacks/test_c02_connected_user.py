"""C2: nobody's identity is connected to a user of the app's own who did not ask for it. ``resolve_account`` is passed
the user who is signed in by other means only if the same one was so when the login began, in the browser that
finishes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.browser import Browser
from support.connecting import App, OfFastAPI, OfFlask, OfLitestar
from support.nodes import a_person
from support.servers import App as Served
from support.servers import Provider

APPS: dict[str, Callable[[Path, dict[str, str]], App]] = {
    "fastapi": OfFastAPI,
    "litestar": OfLitestar,
    "flask": OfFlask,
}


@pytest.fixture(scope="module", params=APPS)
def app(
    request: pytest.FixtureRequest, world: tuple[Served, Provider], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[App]:
    """At the address of the app that is served, which the provider knows. It is asked in this process."""
    provider = world[1]
    env = {
        "VALETKEY_URL": world[0].base,
        "TWITTER_CONSUMER_KEY": provider.key,
        "TWITTER_CONSUMER_SECRET": provider.secret,
        "VALETKEY_TWITTER_API": provider.origin,
        "VALETKEY_TWITTER_BROWSER": provider.origin,
    }
    made = APPS[request.param](tmp_path_factory.mktemp("connected") / "valetkey.db", env)
    yield made
    made.stop()


class Login:
    """A login that was begun in a browser, and approved as a new person."""

    def __init__(self, app: App, provider: Provider, browser: Browser, **person: str) -> None:
        who = person or a_person()
        self.app, self.handle = app, who["screen_name"]
        self.begun = browser.begin()
        self.callback = provider.approve(self.begun.token, **who)

    def passed(self, browser: Browser) -> str | None:
        """Finish it in a browser: the ``current_user`` that ``resolve_account`` was passed."""
        before = len(self.app.asked)
        assert browser.come_back(self.callback).status == 303
        ((handle, user),) = self.app.asked[before:]
        assert handle == self.handle
        return user


def signed_in_as(app: App, name: str) -> Browser:
    browser = app.browser()
    app.log_in(browser, name)
    return browser


def test_the_control(app: App, provider: Provider) -> None:
    victim = signed_in_as(app, "victim")
    assert Login(app, provider, victim).passed(victim) == "victim"


def test_nobody_is_signed_in(app: App, provider: Provider) -> None:
    browser = app.browser()
    assert Login(app, provider, browser).passed(browser) is None


def test_the_next_person_at_a_shared_machine(app: App, provider: Provider) -> None:
    """One begins and goes; the other logs in with a password and finds the provider's page, or it finds them."""
    browser = signed_in_as(app, "first")
    login = Login(app, provider, browser)
    app.log_out(browser)
    app.log_in(browser, "second")
    assert login.passed(browser) is None


def test_who_logs_in_after_the_start(app: App, provider: Provider) -> None:
    browser = app.browser()
    login = Login(app, provider, browser)
    app.log_in(browser, "victim")
    assert login.passed(browser) is None


def test_who_has_logged_out_before_the_end(app: App, provider: Provider) -> None:
    browser = signed_in_as(app, "victim")
    login = Login(app, provider, browser)
    app.log_out(browser)
    assert login.passed(browser) is None


@pytest.mark.parametrize("attacker_is", ["nobody", "signed in"])
def test_an_attackers_login_planted(app: App, provider: Provider, attacker_is: str) -> None:
    """A sibling subdomain sets the attacker's login cookie in the victim's browser, and sends it to the callback."""
    attacker = signed_in_as(app, "mallory") if attacker_is == "signed in" else app.browser()
    victim = signed_in_as(app, "victim")
    login = Login(app, provider, attacker)
    victim.cookies |= attacker.login_cookies
    assert login.passed(victim) is None


def test_an_attackers_callback(app: App, provider: Provider) -> None:
    """Without its cookie it reaches nobody, also while the victim's own login is under way."""
    attacker, victim = signed_in_as(app, "mallory"), signed_in_as(app, "victim")
    own, forced = Login(app, provider, victim), Login(app, provider, attacker)
    before = len(app.asked)
    assert victim.come_back(forced.callback).code == "another_browser"
    assert len(app.asked) == before
    assert own.passed(victim) == "victim"


def test_a_start_from_another_site(app: App, provider: Provider) -> None:
    """It is refused as every start is, whatever the app's own cookie says."""
    victim = signed_in_as(app, "victim")
    fields = {"login": "a" * 22, "mode": "popup"}
    answer = victim.submit("/auth/twitter", fields, Origin="https://evil.test", Sec_Fetch_Site="cross-site")
    assert (answer.status, victim.login_cookies) == (403, {})


def test_beside_a_session_of_ours(app: App, provider: Provider) -> None:
    """An identity of an account is linked, and no other account is made the user's behind it: not where the session was
    there at the start, and not where it is there at the end alone."""
    person = a_person()
    browser = app.browser()
    Login(app, provider, browser, **person).passed(browser)
    ours = browser.session_cookie or ""
    browser.cookies.pop("valetkey-session")
    app.log_in(browser, "victim")
    login = Login(app, provider, browser)
    browser.cookies["valetkey-session"] = ours
    assert login.passed(browser) is None
    ours = browser.cookies.pop("valetkey-session")
    app.log_in(browser, "victim")
    browser.cookies["valetkey-session"] = ours
    login = Login(app, provider, browser)
    browser.cookies.pop("valetkey-session")
    assert login.passed(browser) is None


def test_the_cookie_says_nothing(app: App, provider: Provider) -> None:
    """What is sealed is a digest, and nobody but the app reads it."""
    name = "canary-" * 20
    browser = signed_in_as(app, name)
    login = Login(app, provider, browser)
    (sealed,) = browser.login_cookies.values()
    assert len(sealed) < 1000
    assert login.passed(browser) == name
