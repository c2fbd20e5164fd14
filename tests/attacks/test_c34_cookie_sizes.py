"""C34: all of our cookies in one browser stay within 3 KiB, whatever is begun and however it ends. A server answers 400
to everything where a header line is longer than its buffer, and the login cookies last for half an hour."""

from __future__ import annotations

import dataclasses
import itertools
import secrets
from collections.abc import Callable

import pytest
from support.browser import Answer, Browser
from support.fronts import at_both
from support.servers import App, Provider, app_and_provider

from valetkey.crypto import Secret
from valetkey.crypto.keys import Keys
from valetkey.login.attempt import LinkToAccount, LoginAttempt, LoginFailure, PendingLink
from valetkey.login.cookie_codec import MAX_SEALED_CHARACTERS, LoginCookieCodec
from valetkey.web.cookies import MAX_OCTETS, CookieNames, Cookies

LONG = "/" + "x" * 1023
PAGE = "https://app.test"


def header_of(profile: Browser) -> int:
    """The octets of the Cookie header that it sends."""
    return len("; ".join(f"{name}={value}" for name, value in profile.cookies.items()))


@at_both
def test_as_many_as_there_are(
    app: App,
    provider: Provider,
    browser: Callable[[], Browser],
    person: dict[str, str],
    sign_in: Callable[..., Answer],
) -> None:
    """Signed in, with the longest address to return to. Each start leaves it within the limit; the newest lands."""
    profile = browser()
    sign_in(profile, **person)
    for number in range(12):
        begun = profile.begin(mode="page", return_to=LONG)
        assert header_of(profile) <= MAX_OCTETS == 3072, number
    answer = profile.come_back(provider.approve(begun.send_to, **person))
    assert (answer.status, answer.header("location")) == (303, f"{LONG}#")
    assert header_of(profile) <= MAX_OCTETS
    assert profile.account() is not None


@at_both
def test_the_usual_ones_stay_five(provider: Provider, browser: Callable[[], Browser], person: dict[str, str]) -> None:
    """The control: nothing expires that fits, and each of them lands. What a popup returns to is nobody's business."""
    profile = browser()
    begun = [profile.begin(return_to=LONG) for _ in range(5)]
    assert len(profile.login_cookies) == 5
    assert header_of(profile) <= MAX_OCTETS
    assert profile.come_back(provider.approve(begun[0].send_to, **person)).status == 303
    assert header_of(profile) <= MAX_OCTETS


def test_however_they_end(provider: Provider, browser: Callable[[], Browser]) -> None:
    """Denied, failed at the start, failed at the callback: outcomes are left in the same cookies."""
    profile = browser()
    for number in range(8):
        begun = profile.begin(mode="page", return_to=LONG)
        profile.visit(f"/auth/twitter?denied={begun.token}")
        assert header_of(profile) <= MAX_OCTETS, number
    provider.fault("request_token", "status", status=401, times=9)
    for number in range(8):
        profile.begin(mode="page", return_to=LONG)
        assert header_of(profile) <= MAX_OCTETS, number


def test_a_page_on_another_site() -> None:
    """Its starts show no cookie, so they gather; the first callback that comes sees them and clears the oldest."""
    token = {"VALETKEY_DELIVERY": "token", "VALETKEY_ORIGINS": PAGE, "VALETKEY_RELAY": f"{PAGE}/relay.html"}
    with app_and_provider(PROGRAM="readme", **token) as (app, provider):
        provider.set(lenient=True)
        profile = Browser(app.base, origin=PAGE, site="cross-site")
        for _ in range(12):
            kept, profile.cookies = profile.cookies, {}
            begun = profile.begin(mode="page", return_to=f"{PAGE}{LONG[:900]}", challenge=secrets.token_urlsafe(32))
            profile.cookies |= kept
        assert header_of(profile) > MAX_OCTETS
        answer = profile.come_back(provider.approve(begun.token))
        assert (answer.header("location") or "").startswith(f"{PAGE}/relay.html#login={begun.login}&code=")
        assert header_of(profile) <= MAX_OCTETS


# What is sealed

KEYS = Keys([Secret(secrets.token_urlsafe(32))])
ID = "i" * 22
LARGEST = [
    LoginAttempt(
        id=ID, provider="p" * 32, callback_url="https://" + "c" * 200 + "/auth/twitter", mode="page", return_to=LONG,
        challenge="c" * 43, link=LinkToAccount(account_id="a" * 36, session_id="s" * 22), restarts=2,
        request_id="t" * 100, memo={"token_secret": Secret("s" * 100)}, began_at=1764347047.123456,
    ),
    LoginFailure(
        id=ID, provider="p" * 32, request_id="t" * 100, error_code="account_disabled", began_at=1764347047.123456,
        mode="page", return_to=LONG, challenge="c" * 43, message="ü" * 3000,
    ),
    PendingLink(
        id=ID, provider="p" * 32, request_id="t" * 100, owner="o" * 22, challenge="c" * 43, subject="9" * 20,
        handle="h" * 50, name="名" * 200, picture="https://" + "p" * 1992, began_at=1764347047.123456,
        mode="page", return_to=LONG, email="e" * 242 + "@example.com", email_verified=True,
    ),
]  # fmt: skip


@pytest.mark.parametrize("held", LARGEST, ids=lambda one: type(one).__name__)
def test_the_largest_that_is_sealed(held: LoginAttempt | LoginFailure | PendingLink) -> None:
    """It fits beside a session, under the longest name that a cookie may have, and what identifies it is all there."""
    jar = LoginCookieCodec(KEYS)
    sealed = jar.seal(held)
    assert len(sealed) <= MAX_SEALED_CHARACTERS
    names = CookieNames(secure=True, name="n" * 32)
    header = f"{names.session}={'p' * 700}; {names.set_login(ID, sealed)[1].partition(';')[0]}"
    assert len(header) <= MAX_OCTETS
    opened = jar.open(ID, sealed)
    assert opened is not None
    for name in ("id", "provider", "request_id", "began_at", "mode", "challenge"):
        assert getattr(opened, name) == getattr(held, name)


def test_what_fits_is_sealed_whole() -> None:
    """The control: an ordinary link that waits for its page keeps its picture, its e-mail address and its way back."""
    held = PendingLink(
        id=ID, provider="twitter", request_id="t" * 27, owner="o" * 22, challenge="c" * 43, subject="9" * 19,
        handle="ada", name="Ada", picture="https://pbs.twimg.com/profile_images/1/x_normal.jpg", began_at=1.5,
        mode="page", return_to="/settings", email="ada@example.com", email_verified=True,
    )  # fmt: skip
    jar = LoginCookieCodec(KEYS)
    assert jar.open(ID, jar.seal(held)) == held


def test_what_is_as_usual_is_not_written() -> None:
    """A usual login of a popup, in its cookie."""
    held = LoginAttempt(
        id=ID, provider="twitter", callback_url="https://app.example.com/auth/twitter", request_id="t" * 27,
        memo={"token_secret": Secret("s" * 32)}, began_at=1764347047.123456,
    )  # fmt: skip
    sealed = LoginCookieCodec(KEYS).seal(held)
    assert len(sealed) < 400


def test_cookies_of_a_rolling_update() -> None:
    """Before, every field was written. Such a value opens, and a version that knows no field less opens ours: what is
    left out has its default there, too."""
    jar = LoginCookieCodec(KEYS)
    fields = {
        "kind": "outcome", "id": ID, "provider": "twitter", "token": None, "code": "denied", "began_at": 1.5,
        "mode": "popup", "return_to": None, "challenge": None, "message": None,
    }  # fmt: skip
    outcome = LoginFailure(id=ID, provider="twitter", request_id=None, error_code="denied", began_at=1.5)
    assert jar.open(ID, jar._sealer.seal(fields, ID)) == outcome
    written = jar._sealer.open(jar.seal(outcome), ID) or {}
    assert set(fields) - set(written) == {"mode", "return_to", "challenge", "message"}
    for held in LARGEST:
        written = jar._sealer.open(jar.seal(held), ID) or {}
        stored = {"error_code": "code", "request_id": "token", "memo": "token_secret"}
        needed = {
            stored.get(one.name, one.name) for one in dataclasses.fields(held) if one.default is dataclasses.MISSING
        }
        assert needed <= set(written)


def test_the_oldest_go_first() -> None:
    """And no more of them than must: with the newest of these that stays, one more would be too many."""
    names = CookieNames(secure=False)
    ids = [f"{number:022}" for number in range(4)]
    for sizes in itertools.product((100, 700, 2000), repeat=4):
        cookies = Cookies(session="p" * 400, logins={one: "s" * size for one, size in zip(ids, sizes, strict=True)})
        gone = names.excess_logins(cookies, ids, login_id="n" * 22, sealed="s" * 500)
        assert gone == ids[: len(gone)]

        def header(left: list[str]) -> int:
            logins = [f"valetkey-login-{one}={cookies.logins[one]}" for one in left]
            return len("; ".join(["p" * 768, f"valetkey-login-{'n' * 22}={'s' * 500}", *logins]))

        assert header(ids[len(gone) :]) <= MAX_OCTETS
        if gone:
            assert header(ids[len(gone) - 1 :]) > MAX_OCTETS - 16
