"""C10: no secret reaches the browser, and the session's pass only in an HttpOnly cookie."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

from support.browser import Browser
from support.fronts import at_both
from support.servers import SECRET, App, Provider

pytestmark = at_both


def everything_but_cookies(browser: Browser) -> str:
    """All that scripts, histories and caches could see of it."""
    parts = []
    for answer in browser.seen:
        kept = [f"{name}: {value}" for name, value in answer.headers if name.lower() != "set-cookie"]
        parts += [answer.url, *kept, answer.text]
    text = "\n".join(parts)
    return text + unquote(text)


def test_nothing_the_provider_issued_and_nothing_of_ours(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """A whole life: a classic start, a login, its pages, the session, a failure, a denial, signing out."""
    profile = browser()
    profile.fetch("POST", f"/auth/{profile.provider}", {"name": profile.provider})
    begun = profile.begin()
    answer = profile.come_back(provider.approve(begun.send_to, **person))
    profile.visit(answer.header("location") or "")
    profile.session(begun.login)
    profile.collect(begun.login)
    assert profile.me().status == 200
    passes = [profile.session_cookie or ""]
    failing = profile.begin()
    provider.fault("exchange", "status", status=401, body="no")
    answer = profile.come_back(provider.approve(failing.send_to, **person))
    profile.visit(answer.header("location") or "")
    profile.collect(failing.login)
    denied = profile.begin()
    profile.come_back(provider.cancel(denied.send_to))
    profile.sign_out()

    verifiers = set(provider.exchanged)
    shown = everything_but_cookies(profile)
    # The verifier, or the code, came in a URL that the provider wrote; none of ours may repeat it.
    own = "\n".join(f"{answer.header('location')} {answer.text}" for answer in profile.seen)
    secrets = [one for one in provider.secrets if one not in verifiers and len(one) > 8]
    assert len(secrets) >= 5
    assert [one for one in (*secrets, *passes, SECRET, provider.secret) if one in shown] == []
    assert [one for one in verifiers if one in own] == []
    # The search finds what is there: the control.
    assert begun.token in shown


def test_the_pass_is_in_an_httponly_cookie_and_nowhere_else(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    profile = browser()
    answer = profile.come_back(provider.approve(profile.begin().send_to, **person))
    (cookie,) = [one for one in answer.all("set-cookie") if one.startswith("valetkey-session=ey")]
    assert "; HttpOnly" in cookie
    text = profile.session_cookie or ""
    assert text
    assert text not in everything_but_cookies(profile)


def test_a_sealed_login_shows_nothing(provider: Provider, browser: Callable[[], Browser]) -> None:
    """The cookie's value is neither the token nor its secret in any plain coding."""
    from base64 import urlsafe_b64decode

    profile = browser()
    begun = profile.begin()
    (sealed,) = profile.login_cookies.values()
    raw = sealed.encode() + urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
    for secret in (begun.token, *provider.secrets):
        assert secret.encode() not in raw
