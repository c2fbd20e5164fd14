"""Our app at every server that others wrote: signs in, is refused, and leaves nothing half done."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from .conftest import played_by
from .partners import ADA, FRESH, PARTNERS
from .robot import Stuck
from .sites import RunningApp, Site, Visitor, leads_to


@pytest.fixture
def app(site: Site) -> Iterator[RunningApp]:
    with site.app() as running:
        yield running


def stays_out(browser: Visitor) -> None:
    assert browser.session_cookie is None
    assert browser.account() is None


def test_signs_in_and_again_as_the_same_account(site: Site, app: RunningApp) -> None:
    partner, before = site.partner, site.server.exchanges
    browser, _ = app.signs_in()
    (identity,) = browser.account()["identities"]
    assert identity["provider"] == partner.provider
    assert identity["handle"] == partner.handle
    assert identity["name"] == (ADA.name if partner.names else None)
    assert identity["email"] == ADA.email
    assert identity["email_verified"] is partner.verifies_email
    second, _ = app.signs_in()
    assert second.account()["id"] == browser.account()["id"]
    assert app.all_rows() == {"accounts": 1, "identities": 1, "sessions": 2, "login_claims": 2}
    assert site.server.exchanges == before + 2


@played_by(*(one for one in PARTNERS if one.can_cancel))
def test_cancel_is_denied_and_nothing_is_exchanged(site: Site) -> None:
    with site.app(site.second) as app:
        browser, before = app.browser(), site.server.exchanges
        begun = browser.begin()
        answer = browser.returns(site.robot(FRESH).cancel(begun.send_to))
        assert answer.code == "denied"
        assert browser.collect(begun.login).json()["login"]["error"]["code"] == "denied"
        stays_out(browser)
        assert site.server.exchanges == before


@played_by(*(one for one in PARTNERS if one.checks_secret))
def test_a_wrong_secret_is_wrong_keys(site: Site) -> None:
    with site.app(secret="a secret that is registered nowhere") as app:
        browser, before = app.browser(), site.server.exchanges
        answer = browser.returns(site.robot().sign_in(browser.begin().send_to))
        assert answer.code == "wrong_keys"
        stays_out(browser)
        assert app.rows("accounts") == 0
        assert site.server.exchanges == before + 1


def test_a_callback_that_is_not_registered_brings_nobody_back(site: Site) -> None:
    with site.app(site.elsewhere) as app:
        browser, before = app.browser(), site.server.exchanges
        with pytest.raises(Stuck):
            site.robot().sign_in(browser.begin().send_to)
        stays_out(browser)
        assert site.server.exchanges == before


def test_a_callback_that_is_replayed_is_one_session_and_one_exchange(site: Site, app: RunningApp) -> None:
    before = site.server.exchanges
    browser, back = app.signs_in()
    cookie = browser.session_cookie
    browser.returns(back)
    assert browser.session_cookie == cookie
    stranger = app.browser()
    stranger.returns(back)
    stays_out(stranger)
    assert app.rows("sessions") == 1
    assert site.server.exchanges == before + 1


def test_a_reply_that_is_lost_heals_itself(site: Site, app: RunningApp) -> None:
    """The server has spent the code, and some have revoked what came of it. The login goes through it once more."""
    before, robot, browser = site.server.exchanges, site.robot(), app.browser()
    begun = browser.begin()
    site.server.gate.cut(f"POST {site.partner.token_path} ", "back")
    answer = browser.returns(robot.sign_in(begun.send_to))
    assert leads_to(answer).startswith(site.server.gate.origin), answer.text
    site.forget_codes()
    answer = browser.returns(robot.sign_in(leads_to(answer)))
    assert answer.status == 303
    assert browser.session_cookie
    assert browser.collect(begun.login).status == 200
    assert {**app.all_rows(), "login_claims": 0} == {"accounts": 1, "identities": 1, "sessions": 1, "login_claims": 0}
    assert site.server.exchanges == before + 3


def test_a_code_that_somebody_spends_again_ends_no_session(site: Site, app: RunningApp) -> None:
    """The very token request that the app has sent. The server may take the first token back, and we keep none."""
    browser, _ = app.signs_in()
    (*_, sent) = site.server.gate.posts(site.partner.token_path)
    headers = {name: sent.headers[name] for name in ("authorization", "accept") if name in sent.headers}
    url = site.server.gate.origin + site.partner.token_path
    again = httpx.post(url, data=sent.form, headers=headers, trust_env=False)
    assert again.status_code >= 400 or "error" in again.json()
    assert browser.me().status == 200
