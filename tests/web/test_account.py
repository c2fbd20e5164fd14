"""What a signed-in person does with the account, over HTTP: devices, signing out elsewhere, linking, unlinking."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from support.browser import Answer, Browser
from support.fixtures import app, provider, world  # noqa: F401  # fixtures
from support.servers import App, Provider, app_and_provider

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Safari/604.1"


def person() -> dict[str, str]:
    number = str(secrets.randbelow(10**12) + 10**12)
    return {"user_id": number, "screen_name": f"p{number}"}


def signed_in(app: App, provider: Provider, who: dict[str, str], agent: str | None = None) -> Browser:
    browser = Browser(app.base)
    callback = provider.approve(browser.begin().token, **who)
    browser.come_back(callback, headers={"User-Agent": agent} if agent else {})
    assert browser.me().status == 200
    return browser


def devices(browser: Browser) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = browser.fetch("GET", "/auth/sessions").json()["sessions"]
    return found


def begin_link(browser: Browser) -> tuple[str, Answer]:
    login = secrets.token_urlsafe(16)
    answer = browser.submit("/auth/twitter/link", {"login": login})
    return login, answer


def token_of(answer: Answer) -> str:
    return (answer.header("refresh") or "").partition("oauth_token=")[2].partition("&")[0]


def link(browser: Browser, provider: Provider, who: dict[str, str]) -> Answer:
    _, answer = begin_link(browser)
    assert answer.status == 200
    return browser.come_back(provider.approve(token_of(answer), **who))


def identities(browser: Browser) -> list[str]:
    return [one["subject"] for one in browser.account()["identities"]]


def test_devices(app: App, provider: Provider) -> None:
    who = person()
    laptop, phone = signed_in(app, provider, who, CHROME), signed_in(app, provider, who, PHONE)
    shown = devices(laptop)
    assert [
        (one["current"], one["browser"], one["network"]) for one in sorted(shown, key=lambda one: -one["current"])
    ] == [
        (True, "Chrome on Linux", "127.0.0.0/24"),
        (False, "Safari on iPhone", "127.0.0.0/24"),
    ]
    assert all(one["opened_at"] <= one["seen_at"] < one["expires_at"] for one in shown)
    other = next(one["id"] for one in shown if not one["current"])
    assert laptop.fetch("DELETE", f"/auth/sessions/{other}").status == 204
    assert phone.me().status == 401
    assert laptop.me().status == 200
    assert laptop.fetch("DELETE", f"/auth/sessions/{other}").status == 404


def test_all_others(app: App, provider: Provider) -> None:
    who = person()
    browsers = [signed_in(app, provider, who) for _ in range(3)]
    stranger = signed_in(app, provider, person())
    assert browsers[0].fetch("DELETE", "/auth/sessions").status == 204
    assert [one.me().status for one in (*browsers, stranger)] == [200, 401, 401, 200]
    assert len(devices(browsers[0])) == 1


def test_not_those_of_another(app: App, provider: Provider) -> None:
    """Their ids are as unknown as any; and nobody's are shown to nobody."""
    victim, attacker = signed_in(app, provider, person()), signed_in(app, provider, person())
    (theirs,) = devices(victim)
    refused = attacker.fetch("DELETE", f"/auth/sessions/{theirs['id']}")
    assert (refused.status, refused.code) == (404, "not_found")
    assert victim.me().status == 200
    nobody = Browser(app.base)
    for method, path in (("GET", "/auth/sessions"), ("DELETE", "/auth/sessions"), ("POST", "/auth/unlink/")):
        assert nobody.fetch(method, path, {} if method == "POST" else None).status == 401


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_other_site_changes_anything(app: App, provider: Provider, site: str) -> None:
    """The cookie is sent along from a sibling subdomain; what it would do is refused."""
    who = person()
    browser, other = signed_in(app, provider, who), signed_in(app, provider, who)
    foreign = {"Origin": "http://127.0.0.1:1", "Sec_Fetch_Site": site}
    calls = len(provider.journal)
    for answer in (
        browser.fetch("DELETE", "/auth/sessions", None, **foreign),
        browser.fetch("DELETE", f"/auth/sessions/{devices(browser)[0]['id']}", None, **foreign),
        browser.fetch("POST", "/auth/unlink/", {"provider": "twitter"}, **foreign),
        browser.submit("/auth/twitter/link", {}, **foreign),
    ):
        assert answer.status == 403
    assert browser.me().status == other.me().status == 200
    assert len(provider.journal) == calls


def test_link_and_unlink(app: App, provider: Provider) -> None:
    """The provider is asked to let people choose; afterwards both sign in to one account."""
    first, second = person(), person()
    browser = signed_in(app, provider, first)
    before = app.all_rows()
    login, begun = begin_link(browser)
    assert "force_login=true" in (begun.header("refresh") or "")
    answer = browser.come_back(provider.approve(token_of(begun), **second))
    assert (answer.header("location") or "").startswith("/auth/twitter/done?login=")
    assert browser.session(login)["login"]["state"] == "done"
    assert identities(browser) == [first["user_id"], second["user_id"]]
    after = app.all_rows()
    assert (after["accounts"], after["sessions"]) == (before["accounts"], before["sessions"])
    assert after["identities"] == before["identities"] + 1
    by_second = signed_in(app, provider, second)
    assert by_second.account()["id"] == browser.account()["id"]

    unlink = browser.fetch("POST", "/auth/unlink/", {"provider": "twitter"})
    assert (unlink.status, unlink.code) == (409, "which_identity")
    unlinked = browser.fetch("POST", "/auth/unlink/", {"provider": "twitter", "subject": second["user_id"]})
    assert unlinked.status == 200
    assert [one["subject"] for one in unlinked.json()["account"]["identities"]] == [first["user_id"]]
    assert by_second.me().status == 401
    last = browser.fetch("POST", "/auth/unlink", {"provider": "twitter"})
    assert (last.status, last.code) == (409, "last_identity")
    assert browser.fetch("POST", "/auth/unlink", {"provider": "other"}).code == "not_linked"
    assert browser.fetch("POST", "/auth/unlink", {}).code == "bad_request"
    assert signed_in(app, provider, second).account()["id"] != browser.account()["id"]


def test_an_identity_of_anothers(app: App, provider: Provider) -> None:
    """Popup and page say so; nothing is moved."""
    mine, theirs = person(), person()
    browser, other = signed_in(app, provider, mine), signed_in(app, provider, theirs)
    login, begun = begin_link(browser)
    answer = browser.come_back(provider.approve(token_of(begun), **theirs))
    assert answer.code == "identity_taken"
    assert browser.collect(login).json()["login"]["error"]["code"] == "identity_taken"
    assert identities(browser) == [mine["user_id"]]
    assert identities(other) == [theirs["user_id"]]
    assert signed_in(app, provider, theirs).account()["id"] == other.account()["id"]


def test_only_a_fresh_session_links(app: App, provider: Provider) -> None:
    browser = signed_in(app, provider, person())
    mine = next(one["id"] for one in devices(browser) if one["current"])
    app.query("UPDATE sessions SET opened_at = opened_at - 601 WHERE id = ?", mine)
    calls = len(provider.journal)
    login, answer = begin_link(browser)
    assert answer.status == 403
    assert "reauth_required" in answer.text
    assert browser.collect(login).json()["login"]["error"]["code"] == "reauth_required"
    nobody = Browser(app.base)
    assert begin_link(nobody)[1].status == 401
    assert len(provider.journal) == calls


def test_the_classic_way_in_two_steps(app: App, provider: Provider) -> None:
    """What is sealed and where it comes back must agree."""
    first, second = person(), person()
    browser = signed_in(app, provider, first)

    def step(path: str, callback: str | None = None) -> Answer:
        query = callback.partition("?")[2] if callback else ""
        fields = dict(pair.split("=") for pair in query.split("&")) if query else {"name": "twitter"}
        return browser.fetch("POST", path, fields)

    token = step("/auth/twitter/link").json()["oauth_token"]
    callback = provider.approve(token, **second)
    calls = len(provider.exchanges)
    wrong = step("/auth/twitter", callback)
    assert (wrong.status, wrong.code) == (400, "bad_request")
    assert len(provider.exchanges) == calls
    linked = step("/auth/twitter/link", callback)
    assert linked.status == 200
    assert identities(browser) == [first["user_id"], second["user_id"]]
    # And the other way round: a login that signs in does not come back as a link.
    sign_in = step("/auth/twitter").json()["oauth_token"]
    back = provider.approve(sign_in, **person())
    assert step("/auth/twitter/link", back).code == "bad_request"
    assert len(identities(browser)) == 2


def test_in_token_delivery_a_bearer_links() -> None:
    """As satellizer's ``$auth.link`` does it: both requests with the bearer, and the login's cookie beside it. The same
    account signs in by both afterwards; without the bearer, or with another's, nothing is linked."""
    first, second, third = person(), person(), person()
    with app_and_provider(VALETKEY_DELIVERY="token") as (app, provider):

        def two_steps(browser: Browser, path: str, who: dict[str, str], *tokens: str) -> Answer:
            bearers = [{"Authorization": f"Bearer {token}"} if token else {} for token in tokens or ("", "")]
            began = browser.fetch("POST", path, {"name": "twitter"}, **bearers[0])
            if began.status != 200:
                return began
            callback = provider.approve(began.json()["oauth_token"], **who)
            fields = dict(pair.split("=") for pair in callback.partition("?")[2].split("&"))
            return browser.fetch("POST", path, fields, **bearers[1])

        browser, other = Browser(app.base), Browser(app.base)
        token = two_steps(browser, "/auth/twitter", first).json()["token"]
        stranger = two_steps(other, "/auth/twitter", third).json()["token"]
        calls = len(provider.exchanges)
        assert two_steps(browser, "/auth/twitter/link", second).code == "not_signed_in"
        assert two_steps(browser, "/auth/twitter/link", second, token, stranger).code == "session_changed"
        assert two_steps(browser, "/auth/twitter/link", second, token, "").code == "session_changed"
        assert len(provider.exchanges) == calls
        assert two_steps(browser, "/auth/twitter/link", second, token, token).status == 200
        me = browser.request("GET", "/api/me", headers={"Authorization": f"Bearer {token}"}).json()
        assert [one["subject"] for one in me["identities"]] == [first["user_id"], second["user_id"]]
        unlink = {"provider": "twitter", "subject": second["user_id"]}
        unlinked = browser.fetch("POST", "/auth/unlink/", unlink, Authorization=f"Bearer {token}")
        assert [one["subject"] for one in unlinked.json()["account"]["identities"]] == [first["user_id"]]
