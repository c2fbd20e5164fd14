"""C49: a page on another site. Its session is opened by a one-time code and the page's own verifier, together, once,
within a minute, and for a page that is listed; one half is worth nothing."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
from support.browser import Answer, Browser
from support.fronts import FURTHER, at_both
from support.servers import App, Provider, app_and_provider

PAGE = "https://app.example"
RELAY = f"{PAGE}/relay.html"


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[App, Provider]]:
    with app_and_provider(
        PROGRAM="readme", fronts=FURTHER, VALETKEY_DELIVERY="token", VALETKEY_ORIGINS=PAGE, VALETKEY_RELAY=RELAY
    ) as pair:
        yield pair


@pytest.fixture
def provider(world: tuple[App, Provider], front: str) -> Provider:
    world[1].reset()
    world[1].set(lenient=True)
    return world[1].at(front)


@pytest.fixture
def app(world: tuple[App, Provider]) -> App:
    return world[0]


@dataclass
class CrossSiteBinding:
    """The page on the other site, with its popup: no cookie is sent with the page's requests."""

    app: App
    provider: Provider

    def __post_init__(self) -> None:
        self.popup = Browser(self.app.base, origin=PAGE, site="cross-site", provider=self.provider.front.name)
        self.verifier = secrets.token_urlsafe(32)
        digest = hashlib.sha256(self.verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        self.begun = self.popup.begin(challenge=challenge)
        self.login = self.begun.login

    def approved(self) -> Answer:
        return self.popup.come_back(self.provider.approve(self.begun.send_to))

    def code(self) -> str:
        return fragment(self.approved())["code"]

    def ask(self, origin: str = PAGE, **fields: str) -> Answer:
        return Browser(self.app.base, origin=origin).fetch(
            "POST", "/auth/session", {"login": self.login, **fields}, Sec_Fetch_Site="cross-site"
        )

    def redeem(self, code: str, verifier: str | None = None, **options: str) -> Answer:
        return self.ask(code=code, verifier=verifier or self.verifier, **options)


def fragment(answer: Answer) -> dict[str, str]:
    location = answer.header("location") or (answer.header("refresh") or "").partition("url=")[2]
    assert location.startswith(f"{RELAY}#")
    return {name: values[0] for name, values in parse_qs(urlsplit(location).fragment).items()}


@pytest.fixture
def opener(app: App, provider: Provider) -> CrossSiteBinding:
    return CrossSiteBinding(app, provider)


@at_both
def test_the_control(app: App, opener: CrossSiteBinding) -> None:
    """Nothing but id and code in the fragment; no session before it is redeemed, and no cookie ever."""
    before = app.all_rows()
    answer = opener.approved()
    assert answer.status == 303
    told = fragment(answer)
    assert set(told) == {"login", "code"}
    assert told["login"] == opener.login
    assert not any("valetkey-session" in cookie for cookie in answer.all("set-cookie"))
    assert app.rows("sessions") == before["sessions"]
    collected = opener.redeem(told["code"])
    assert collected.status == 200
    body = collected.json()
    assert body["account"]["identities"][0]["handle"] == "ada"
    assert body["login"] == {"id": opener.login, "state": "done"}
    assert [cookie for cookie in collected.all("set-cookie") if "Max-Age=0" not in cookie] == []
    assert app.rows("sessions") == before["sessions"] + 1
    me = Browser(app.base).request("GET", "/api/me", headers={"Authorization": f"Bearer {body['token']}"})
    assert me.status == 200
    assert len(opener.provider.exchanges) == 1


@at_both
def test_replayed(app: App, opener: CrossSiteBinding) -> None:
    code = opener.code()
    assert opener.redeem(code).json()["token"]
    before = app.all_rows()
    again = opener.redeem(code)
    assert (again.status, again.code) == (403, "code_refused")
    assert "token" not in again.json()
    assert app.all_rows() == before
    assert len(opener.provider.exchanges) == 1


@at_both
def test_with_another_verifier(app: App, opener: CrossSiteBinding) -> None:
    """The thief of a code: nothing; and it is not spent thereby."""
    code = opener.code()
    before = app.all_rows()
    for stolen in (secrets.token_urlsafe(32), opener.verifier[:-1], opener.verifier.swapcase(), "x"):
        refused = opener.redeem(code, stolen)
        assert (refused.status, refused.code) == (403, "code_refused")
    assert app.all_rows() == before
    assert opener.redeem(code).json()["token"]


def test_without_a_verifier_or_an_id(app: App, opener: CrossSiteBinding) -> None:
    code = opener.code()
    for fields in ({"code": code}, {"code": code, "verifier": ""}):
        assert opener.ask(**fields).code == "bad_request"
    page = Browser(app.base, origin=PAGE, site="cross-site")
    assert page.fetch("POST", "/auth/session", {"code": code, "verifier": opener.verifier}).code == "bad_request"
    assert opener.redeem(code).json()["token"]


def test_the_verifier_alone_is_worth_a_state(app: App, opener: CrossSiteBinding) -> None:
    """A guess at a login's id learns nothing; the page that began learns how it stands."""
    before = {"account": None, "login": {"id": opener.login, "state": "waiting"}}
    assert opener.ask(verifier=opener.verifier).json() == before
    code = opener.code()
    stands = opener.ask(verifier=opener.verifier)
    assert stands.status == 202
    assert stands.json()["login"] == {"id": opener.login, "state": "finishing", "handed_off": True}
    assert stands.json()["account"] is None
    assert opener.ask(verifier=secrets.token_urlsafe(32)).json() == before
    assert opener.ask().json() == {"account": None, "login": {"id": opener.login, "state": "unknown"}}
    assert code not in stands.text


@at_both
def test_two_logins_do_not_mix(app: App, provider: Provider) -> None:
    first, second = CrossSiteBinding(app, provider), CrossSiteBinding(app, provider)
    codes = first.code(), second.code()
    assert first.redeem(codes[1]).code == "code_refused"
    assert second.redeem(codes[0], first.verifier).code == "code_refused"
    assert first.redeem(codes[0]).json()["token"]
    assert second.redeem(codes[1]).json()["token"]


@pytest.mark.parametrize("origin", ["https://evil.example", "https://app.example.evil.example", "null", ""])
def test_from_a_page_that_is_not_listed(app: App, opener: CrossSiteBinding, origin: str) -> None:
    code = opener.code()
    before = app.all_rows()
    stranger = Browser(app.base, origin=origin or None)
    body = {"login": opener.login, "code": code, "verifier": opener.verifier}
    headers = {"Sec_Fetch_Site": "cross-site"}
    answer = stranger.fetch("POST", "/auth/session", body, **headers, **({} if origin else {"Origin": "null"}))
    assert (answer.status, answer.code) == (403, "foreign_origin")
    assert answer.header("access-control-allow-origin") is None
    assert app.all_rows() == before
    assert opener.redeem(code).json()["token"]


def test_after_a_minute(app: App, opener: CrossSiteBinding) -> None:
    """Said as what it is to the page that began; one click more, and it lands."""
    code = opener.code()
    app.query("UPDATE login_claims SET finished_at = finished_at - 61 WHERE login = ?", opener.login)
    before = app.all_rows()
    assert opener.redeem(code).code == "code_refused"
    told = opener.ask(verifier=opener.verifier)
    assert told.status == 200
    assert told.json()["login"]["error"]["code"] == "interrupted"
    assert app.all_rows() == before
    assert CrossSiteBinding(app, opener.provider).approved().status == 303


@at_both
def test_the_callback_again(app: App, opener: CrossSiteBinding) -> None:
    """Delivered twice with its cookie: the same code. Without: another browser, and nothing."""
    cookies = dict(opener.popup.cookies)
    callback = opener.provider.approve(opener.begun.send_to)
    first = opener.popup.come_back(callback)
    opener.popup.cookies = cookies
    second = opener.popup.come_back(callback)
    assert fragment(first) == fragment(second)
    assert Browser(app.base).come_back(callback).code in ("another_browser", "cookies_blocked")
    assert len(opener.provider.exchanges) == 1
    assert opener.redeem(fragment(first)["code"]).json()["token"]


@at_both
def test_the_login_cookie_alone_collects_nothing(app: App, opener: CrossSiteBinding) -> None:
    """A browser that sends third-party cookies: the code is still asked for, and the verifier."""
    cookies = dict(opener.popup.cookies)
    code = opener.code()
    page = Browser(app.base, origin=PAGE, site="cross-site", cookies=cookies)
    assert page.collect(opener.login).code == "code_refused"
    assert page.fetch("POST", "/auth/session", {}).json() == {"account": None}
    told = page.fetch("POST", "/auth/session", {"login": opener.login, "verifier": opener.verifier})
    assert told.json()["login"]["state"] == "finishing"
    assert "token" not in told.json()
    assert app.query("SELECT count(*) FROM sessions WHERE login = ?", opener.login)[0][0] == 0
    assert opener.redeem(code).json()["token"]


def test_a_failure_comes_by_the_relay_page_too(app: App, opener: CrossSiteBinding) -> None:
    """Its code and nothing else; on the way there the error's own page and status."""
    answer = opener.popup.come_back(opener.provider.cancel(opener.begun.send_to))
    assert answer.status == 403
    assert fragment(answer) == {"login": opener.login, "error": "denied"}
    opener.provider.fault("request_token", "status", status=500, times=9)
    failed = CrossSiteBinding(app, opener.provider)
    assert failed.begun.answer.status == 503
    assert fragment(failed.begun.answer) == {"login": failed.login, "error": "provider_unavailable"}


@at_both
def test_what_the_page_asks_for_chooses_no_address(app: App, provider: Provider) -> None:
    """The relay page is the settings', whatever is sent."""
    opener = CrossSiteBinding(app, provider)
    popup = Browser(app.base, origin=PAGE, site="cross-site", provider=provider.front.name)
    fields = {"relay": "https://evil.example/", "return_to": f"{PAGE}/x", "challenge": "A" * 43}
    begun = popup.begin(**fields)
    assert fragment(popup.come_back(provider.approve(begun.send_to)))["login"] == begun.login
    for wrong in ({"return_to": "https://evil.example/"}, {"challenge": "short"}):
        refused = popup.begin(**wrong).answer
        assert refused.status == 400
        assert "bad_request" in refused.text
    assert opener.code()


@at_both
def test_at_rest(app: App, opener: CrossSiteBinding) -> None:
    """Neither code nor verifier stands in the database."""
    code = opener.code()
    content = b"".join(file.read_bytes() for file in app.database.parent.glob("app.db*"))
    assert opener.login.encode() in content  # the control
    assert code.encode() not in content
    assert opener.verifier.encode() not in content
