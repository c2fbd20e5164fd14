"""An issuer that is down, lies, or has another time than this server: the cause is named, and the end of it is noticed.

The provider is the test's own (``support.hostile``), and the app has no option.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from email.utils import formatdate

import pytest
from support.apples import apple_variables
from support.browser import Begun
from support.hostile import ABSENT, Hostile, hostile
from support.hostile_http import Reply, Request
from support.in_process import InProcess, Visitor
from support.servers import free_port
from support.with_p import NewApp, a_person, empty_database, new_app, p, running_p, signs_in, variables  # noqa: F401

from valetkey.errors import known_errors

MINUTES = 60
AWAY = "provider_unavailable"
INVALID = "provider_reply_invalid"


@pytest.fixture
def app(new_app: NewApp, p: Hostile) -> InProcess:
    return new_app(VALETKEY_PROVIDERS="acme", **variables(p))


def no_start(app: InProcess, p: Hostile | None, code: str, hint: str) -> tuple[Visitor, Begun]:
    """A start that fails: its page has the sentence and the hint, the page that waits learns of it once, and there is
    no row. Nobody is sent to the provider."""
    before, profile = app.all_rows(), app.browser()
    begun = profile.begin_at("acme")
    kind = known_errors()[code]
    assert (begun.send_to, begun.answer.status) == ("", kind.status)
    assert kind.message.replace("'", "&#x27;") in begun.answer.text
    assert hint.replace("'", "&#x27;") in begun.answer.text, begun.answer.text
    told = profile.collect(begun.login).json()["login"]["error"]
    assert (told["code"], told["message"]) == (code, kind.message)
    assert profile.collect(begun.login).json()["login"]["state"] == "unknown"
    assert profile.account() is None
    assert app.all_rows() == before
    if p is not None:
        assert p.calls("authorize", "token") == []
    return profile, begun


# Down


def test_an_issuer_that_is_down_at_the_start_and_comes_back(new_app: NewApp) -> None:
    """The app starts without it. Nobody listens there at the first click; the next one after its return lands."""
    port = free_port()
    at = {"ACME_ISSUER": f"http://localhost:{port}/acme", "ACME_CLIENT_ID": "x", "ACME_CLIENT_SECRET": "y"}
    app = new_app(VALETKEY_PROVIDERS="acme", **at)
    _, begun = no_start(app, None, AWAY, "")
    assert int(begun.answer.header("retry-after") or "0") > 0
    back = Hostile(port)
    try:
        back.client_id = "x"
        signs_in(app, back)
        assert [one.endpoint for one in back.journal][:2] == ["discovery", "keys"]
    finally:
        back.stop()


@pytest.mark.parametrize("endpoint", ["discovery", "keys"])
@pytest.mark.parametrize("reply", [Reply(503, b"oops"), Reply(drop=True)], ids=["503", "hangs up"])
def test_a_document_that_is_down(app: InProcess, p: Hostile, endpoint: str, reply: Reply) -> None:
    """Cold: no login begins. Warm: nobody notices."""
    p.replace(endpoint, reply)
    no_start(app, p, AWAY, "")
    p.restore(endpoint)
    signs_in(app, p)
    p.replace(endpoint, reply)
    asked = len(p.calls(endpoint))
    signs_in(app, p)
    assert len(p.calls(endpoint)) == asked


def test_keys_that_are_down_when_they_have_rotated(app: InProcess, p: Hostile) -> None:
    """A callback needs a key that is not there. It ends as an outage, and takes nothing from the token."""
    profile, before = app.browser(), app.all_rows()
    begun = profile.begin_at("acme")
    p.header = {"kid": "new"}
    p.replace("keys", status=503)
    answer = profile.return_from(p, begun, a_person())
    assert answer.code == AWAY
    page = profile.visit(answer.header("location") or "")
    assert page.status == 503
    assert profile.collect(begun.login).json()["login"]["error"]["code"] == AWAY
    assert {**app.all_rows(), "login_claims": 0} == {**before, "login_claims": 0}
    p.header = {}
    p.restore("keys")
    signs_in(app, p)


# Lies

LIES: dict[str, tuple[Callable[[Hostile], None], str, str]] = {
    "another issuer": (
        lambda p: setattr(p, "metadata", {"issuer": "https://other.example"}),
        INVALID,
        "another issuer than the app's settings",
    ),
    "a slash more": (lambda p: setattr(p, "metadata", {"issuer": f"{p.origin}/acme/"}), INVALID, "§4.3"),
    "no issuer": (lambda p: setattr(p, "metadata", {"issuer": ABSENT}), INVALID, "§4.3"),
    "no token endpoint": (
        lambda p: setattr(p, "metadata", {"token_endpoint": ABSENT}),
        INVALID,
        "lacks a usable token_endpoint",
    ),
    "no keys": (lambda p: setattr(p, "metadata", {"jwks_uri": ABSENT}), INVALID, "lacks a usable jwks_uri"),
    "plain http": (
        lambda p: setattr(p, "metadata", {"authorization_endpoint": "http://other.example/authorize"}),
        INVALID,
        "lacks a usable authorization_endpoint",
    ),
    "an address inside": (
        lambda p: setattr(p, "metadata", {"token_endpoint": "http://169.254.169.254/token"}),
        INVALID,
        "lacks a usable token_endpoint",
    ),
    "not found": (lambda p: p.replace("discovery", status=404), INVALID, "Check the issuer in the app's settings"),
    "forbidden": (lambda p: p.replace("discovery", status=403), "provider_refused", "Check the issuer"),
    "a redirect": (
        lambda p: p.replace("discovery", status=302, headers={"Location": "https://other.example/"}),
        INVALID,
        "no redirect is followed",
    ),
    "a page": (
        lambda p: p.replace("discovery", body=b"<!doctype html><html><body>Sign in to the network</body></html>"),
        INVALID,
        "Something between this server and the provider",
    ),
    "no JSON": (lambda p: p.replace("discovery", body=b"{"), INVALID, "metadata was answered with status 200"),
    "keys that are none": (lambda p: p.replace("keys", body={"keys": []}), "", ""),
}


@pytest.mark.parametrize(("lie", "code", "hint"), LIES.values(), ids=list(LIES))
def test_discovery_that_lies(app: InProcess, p: Hostile, lie: Callable[[Hostile], None], code: str, hint: str) -> None:
    lie(p)
    profile, _ = no_start(app, p, code or AWAY, hint)
    p.metadata = {}
    p.restore("discovery")
    p.restore("keys")
    who = a_person()
    assert profile.return_from(p, profile.begin_at("acme"), who).status == 303
    assert profile.account()["identities"][0]["subject"] == who["sub"]


# Time


def dated(offset: float, *, says_so: bool = True) -> Callable[[Request, Callable[[], Reply]], Reply]:
    """P's token endpoint, with the time that its tokens have in its header, or with none."""

    def reply(request: Request, usual: Callable[[], Reply]) -> Reply:
        found = usual()
        date = formatdate(time.time() + offset, usegmt=True) if says_so else None
        return Reply(found.status, found.body, {"Date": date})

    return reply


@pytest.mark.parametrize("minutes", [-60, -10, 10, 60])
def test_a_clock_that_is_off(app: InProcess, p: Hostile, caplog: pytest.LogCaptureFixture, minutes: int) -> None:
    """Learnt from the provider's own date: the login lands, the log says how far the clock is off, and only once."""
    offset = minutes * MINUTES
    p.clock = lambda: time.time() + offset
    p.claims = {"exp": round(time.time() + offset + 2 * MINUTES)}  # as short as the shortest
    p.replace("token", dated(offset))
    for _ in range(2):
        signs_in(app, p)
    lines = [one.getMessage() for one in caplog.records if "clock differs" in one.getMessage()]
    assert len(lines) == 1
    assert "from that of acme by" in lines[0]
    seconds = int(lines[0].rpartition(" by ")[2].split()[0])
    assert abs(seconds + offset) <= 2
    assert [one.status for one in p.calls("token")] == [200, 200]


@pytest.mark.parametrize("minutes", [-20, 20])
def test_a_clock_that_nobody_can_correct(app: InProcess, p: Hostile, minutes: int) -> None:
    """The provider does not say its time. The login ends, and the hint says whose clock to set. It costs no row."""
    offset = minutes * MINUTES
    p.clock = lambda: time.time() + offset
    p.replace("token", dated(offset, says_so=False))
    profile, before = app.browser(), app.all_rows()
    begun = profile.begin_at("acme")
    answer = profile.return_from(p, begun, a_person())
    assert answer.code == "clock_off"
    page = profile.visit(answer.header("location") or "")
    assert page.status == 502
    assert "clock is wrong" in page.text
    assert "NTP" in page.text
    assert profile.collect(begun.login).json()["login"]["error"]["code"] == "clock_off"
    assert {**app.all_rows(), "login_claims": 0} == {**before, "login_claims": 0}
    p.clock = time.time
    p.restore("token")
    signs_in(app, p)


def test_a_token_of_another_time_is_no_clock(app: InProcess, p: Hostile, caplog: pytest.LogCaptureFixture) -> None:
    """Both clocks agree, so the token is wrong, and nobody is to set a clock."""
    p.clock = lambda: time.time() - 20 * MINUTES
    profile = app.browser()
    answer = profile.return_from(p, profile.begin_at("acme"), a_person())
    assert answer.code == INVALID
    assert "clock differs" not in caplog.text
    p.clock = time.time
    signs_in(app, p)


@pytest.fixture
def own_p() -> Iterator[Hostile]:
    with hostile() as one:
        yield one


@pytest.mark.parametrize("minutes", [-10, 10])
def test_apples_signed_secret(new_app: NewApp, own_p: Hostile, minutes: int) -> None:
    """It has a time, too, and Apple refuses one from the future. The second one is made for Apple's own time."""
    import jwt

    offset = minutes * MINUTES
    seen: list[int] = []

    def reply(request: Request, usual: Callable[[], Reply]) -> Reply:
        claims = jwt.decode(request.field("client_secret") or "", options={"verify_signature": False})
        seen.append(round(claims["iat"] - time.time() - offset))
        if abs(seen[-1]) > MINUTES:
            return Reply(400, {"error": "invalid_client"}, {"Date": formatdate(time.time() + offset, usegmt=True)})
        return dated(offset)(request, usual)

    own_p.clock = lambda: time.time() + offset
    own_p.replace("token", reply)
    app = new_app(VALETKEY_PROVIDERS="apple", **apple_variables(own_p))
    profile, who = app.browser(), a_person()
    assert profile.return_from(own_p, profile.begin_at("apple"), who).status == 303
    assert profile.account()["identities"][0]["subject"] == who["sub"]
    assert [abs(one) <= 2 for one in seen] == [False, True]
    assert own_p.failures == []
