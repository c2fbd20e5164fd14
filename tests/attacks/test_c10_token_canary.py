"""C10 in token delivery: the pass is in the answer that hands it over and in the one page that calls its opener, and
nothing else of ours or the provider's is anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable

from support.browser import Answer, Browser
from support.classic import OLD_SECRET, begun, brought, handed, me, second, world  # noqa: F401  # fixtures
from support.servers import SECRET, App, Provider


def text_of(answers: list[Answer]) -> str:
    """With cookies: no pass may be in one here."""
    return "\n".join(
        "\n".join([one.url, *(f"{name}: {value}" for name, value in one.headers), one.text]) for one in answers
    )


def test_a_whole_life(provider: Provider, browser: Callable[[], Browser], person: dict[str, str]) -> None:
    """By the popup's last page, by collecting, by a second request; a failure, a denial, signing out."""
    profile = browser()
    callback = provider.approve(begun(profile), **person)
    answer = profile.come_back(callback)
    assert answer.status == 303
    assert "oauth" not in (answer.header("location") or "")
    last = profile.visit(answer.header("location") or "")
    collected = profile.collect()
    token = collected.json()["token"]
    assert me(profile, token).status == 200
    stepped = second(profile, brought(provider.approve(begun(profile), **person)))
    other = stepped.json()["token"]
    provider.fault("access_token", "status", status=401, body="no")
    failed = second(profile, brought(provider.approve(begun(profile), **person)))
    assert failed.status >= 400
    denied = begun(profile)
    profile.visit(f"/auth/twitter?denied={denied}")
    profile.collect()
    profile.fetch("GET", "/auth/session", Authorization=f"Bearer {other}")
    profile.fetch("DELETE", "/auth/session", Authorization=f"Bearer {token}")

    holders = [one for one in profile.seen if token in text_of([one]) or other in text_of([one])]
    assert holders == [last, collected, stepped]
    assert [name for one in holders for name, value in one.headers if token in value or other in value] == []
    assert re.findall(r'data-token="([^"]+)"', last.text) == [token]
    assert last.text.count(token) == 1
    assert "no-store" in (last.header("cache-control") or "")
    assert last.header("referrer-policy") == "no-referrer"
    # Not one word of the provider's, in a cookie or out of it; the verifier is in the address that it wrote.
    ours = text_of([one for one in profile.seen if "oauth_verifier=" not in one.url])
    shown = text_of(profile.seen)
    verifiers = {entry["oauth_verifier"] for entry in provider.exchanges}
    secrets = [one for one in provider.secrets if one not in verifiers]
    assert len(secrets) >= 5
    assert [one for one in (*secrets, SECRET, OLD_SECRET) if one in shown] == []
    assert [one for one in verifiers if one in ours] == []
    assert "oauth_token_secret" not in shown
    assert denied in shown  # the search finds what is there


def test_the_last_page_is_for_the_browser_that_began(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """Its address is no credential: without the login's cookie, or once the login was collected, it holds nothing."""
    profile, thief = browser(), browser()
    answer = profile.come_back(provider.approve(begun(profile), **person))
    last = answer.header("location") or ""
    assert "data-token" in profile.visit(last).text
    assert "data-token" not in thief.visit(last).text
    assert "data-token" not in profile.visit(last, cookies=False).text
    begun(thief)  # with a cookie of its own
    assert "data-token" not in thief.visit(last).text
    assert profile.visit(last, headers={"Sec-Fetch-Dest": "iframe"}).status >= 400
    assert profile.collect().json()["token"]
    assert "data-token" not in profile.visit(last).text
    assert len(provider.exchanges) == 1


def test_a_pass_is_not_handed_out_again_once_it_was_signed_out(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """The popup delivered, and the page signed out: what its cookie is still good for is nothing."""
    profile = browser()
    callback = provider.approve(begun(profile), **person)
    last = profile.come_back(callback).header("location") or ""
    (token,) = re.findall(r'data-token="([^"]+)"', profile.visit(last).text)
    kept = dict(profile.cookies)
    assert me(profile, token).status == 200
    assert profile.fetch("DELETE", "/auth/session", Authorization=f"Bearer {token}").status == 204
    profile.cookies = kept
    assert "data-token" not in profile.visit(last).text
    assert "token" not in profile.collect().json()
    assert "token" not in second(profile, brought(callback)).json()
    assert me(profile, token).status == 401
    assert len(provider.exchanges) == 1
    assert me(profile, handed(browser(), provider, person)).status == 200


def test_a_minute_after_it_was_used_it_is_not_handed_out_again(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """A login cookie that stayed behind, since the popup delivered and nobody collected, is worth a minute's grace."""
    profile = browser()
    callback = provider.approve(begun(profile), **person)
    last = profile.come_back(callback).header("location") or ""
    (token,) = re.findall(r'data-token="([^"]+)"', profile.visit(last).text)
    assert me(profile, token).status == 200
    assert "data-token" in profile.visit(last).text  # within it
    app.query("UPDATE sessions SET presented_at = presented_at - 61 WHERE presented_at IS NOT NULL")
    kept = dict(profile.cookies)
    assert "data-token" not in profile.visit(last).text
    assert "token" not in second(profile, brought(callback)).json()
    profile.cookies = kept
    assert "token" not in profile.collect().json()
    assert me(profile, token).status == 200
    assert len(provider.exchanges) == 1
