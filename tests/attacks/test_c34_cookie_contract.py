"""C34: every cookie on every answer keeps the contract; duplicates count for nothing."""

from __future__ import annotations

from collections.abc import Callable

from support.browser import Answer, Browser
from support.fronts import at_both
from support.servers import App, Provider, app_and_provider

LOOPBACK = {"Path=/", "HttpOnly", "SameSite=Lax"}


def audit(profile: Browser, prefix: str, attributes: set[str]) -> int:
    headers = [header for answer in profile.seen for header in answer.all("set-cookie")]
    for header in headers:
        pair, *rest = [part.strip() for part in header.split(";")]
        name = pair.partition("=")[0]
        assert name.startswith((f"{prefix}valetkey-session", f"{prefix}valetkey-login-"))
        assert {one for one in rest if not one.startswith("Max-Age=")} == attributes
        assert any(one.startswith("Max-Age=") for one in rest)
        assert len(header) < 4096
    return len(headers)


@at_both
def test_on_loopback_without_a_prefix(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str], sign_in: Callable[..., Answer]
) -> None:
    profile = browser()
    sign_in(profile, **person)
    profile.come_back(provider.cancel(profile.begin(return_to="/" + "x" * 1000).send_to))
    profile.sign_out()
    assert audit(profile, "", LOOPBACK) >= 5


def test_on_https_with_host_prefix_and_secure() -> None:
    """By the callback URL's scheme, though this very request comes over plain http, as behind a proxy."""
    with app_and_provider(PROGRAM="readme", TWITTER_CALLBACK_URL="https://app.test/auth/twitter") as (app, provider):
        provider.set(callbacks=["https://app.test/auth/twitter"])
        profile = Browser(app.base, origin="https://app.test")
        begun = profile.begin()
        profile.come_back(provider.approve(begun.token))
        assert "__Host-valetkey-session" in profile.cookies
        assert audit(profile, "__Host-", LOOPBACK | {"Secure"}) >= 3
        # A cookie without the prefix is nobody's.
        plain = Browser(app.base, cookies={"valetkey-session": profile.cookies["__Host-valetkey-session"]})
        assert plain.me().status == 401
        assert profile.me().status == 200


def test_duplicates_count_for_nothing(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str], sign_in: Callable[..., Answer]
) -> None:
    """A neighbour tossed a second one of the same name: neither is believed, in either order."""
    victim, attacker = browser(), browser()
    sign_in(victim, **person)
    sign_in(attacker, user_id=person["user_id"] + "9", screen_name="tosser")
    pair = [f"valetkey-session={one.session_cookie}" for one in (victim, attacker)]
    for header in ("; ".join(pair), "; ".join(reversed(pair)), "; ".join(pair[:1] * 2)):
        assert victim.request("GET", "/api/me", headers={"Cookie": header}).status == 401
        assert victim.request("GET", "/auth/session", headers={"Cookie": header}).json() == {"account": None}
    begun = victim.begin()
    callback = provider.approve(begun.token, **person)
    ((name, value),) = victim.login_cookies.items()
    before = len(provider.exchanges)
    tossed = victim.come_back(callback, headers={"Cookie": f"{name}={value}; {name}={value}"})
    assert tossed.code == "another_browser"
    assert len(provider.exchanges) == before
    assert victim.come_back(callback).status == 303


def test_at_most_five_logins(provider: Provider, browser: Callable[[], Browser], person: dict[str, str]) -> None:
    """The oldest go; the newest still lands."""
    profile = browser()
    begun = [profile.begin() for _ in range(9)]
    assert set(profile.login_cookies) == {f"valetkey-login-{one.login}" for one in begun[-5:]}
    profile.cookies |= {f"valetkey-login-{'Z' * 21}{digit}": "garbage" for digit in range(10)}
    last = profile.begin()
    assert len(profile.login_cookies) == 5
    profile.come_back(provider.approve(last.token, **person))
    assert profile.account() is not None
