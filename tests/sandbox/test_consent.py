"""The pages of the OAuth 2.0 providers, as a browser meets them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from .by_hand import CALLBACK, PROVIDERS, Hand, hands
from .test_provider import Page

SILENT = ["google", "github", "microsoft", "acme", "facebook", "gitlab"]
TITLES = {"acme": "Acme", "github": "GitHub", "gitlab": "GitLab", "x2": "X"}


@pytest.fixture(scope="module")
def to() -> Iterator[Callable[[str], Hand]]:
    with hands() as made:
        yield made


@pytest.fixture(params=PROVIDERS)
def hand(to: Callable[[str], Hand], request: pytest.FixtureRequest) -> Hand:
    return to(request.param)


@pytest.fixture
def google(to: Callable[[str], Hand]) -> Hand:
    return to("google")


def decide(hand: Hand, page: httpx.Response, **fields: str) -> httpx.Response:
    shown = Page(page.text)
    return hand.http.post(f"{hand.base}/sandbox/decide", data={**shown.fields, **fields})


def came_back(answer: httpx.Response) -> dict[str, str]:
    """What the browser takes to the app: by redirect, by Refresh, or by a form."""
    if answer.status_code == 302:
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    if "refresh" in answer.headers:
        return dict(parse_qsl(urlsplit(answer.headers["refresh"].partition("url=")[2]).query))
    return Page(answer.text).fields


def test_a_user_approves(hand: Hand) -> None:
    """The first persona is chosen, so that the button alone completes. The ribbon says who is played."""
    page = hand.http.get(hand.url())
    assert page.status_code == 200
    shown = Page(page.text)
    radios = [one["aria-label"] for one in shown.inputs if one["type"] == "radio"]
    assert [one["aria-label"] for one in shown.inputs if one["type"] == "radio" and "checked" in one] == ["@ada"]
    assert radios[:5] == ["@ada", "@bare", "@rtl", "@longname", "@suspended"]
    assert {"@blank", "@unverified"} <= set(radios)
    assert ("@relay" in radios, "@personal" in radios) == (hand.provider == "apple", hand.provider == "microsoft")
    assert f"An offline stand-in for {TITLES.get(hand.provider, hand.provider.capitalize())}." in page.text
    assert "Sign in as</legend>" in page.text
    back = came_back(decide(hand, page, persona="bare", email="1"))
    assert back["state"] == hand.state
    assert hand.exchange(back["code"]).status_code == 200
    assert hand.calls("token")[-1]["user_id"] == "9000000000000000002"
    assert [one["endpoint"] for one in hand.journal] == ["authorize", "decide", "token"]
    assert [one["state"] for one in hand.journal[:2]] == [hand.state] * 2


def test_a_user_cancels(hand: Hand) -> None:
    page = hand.http.get(hand.url())
    back = came_back(decide(hand, page, cancel="1"))
    assert (bool(back["error"]), back["state"], "code" in back) == (True, hand.state, False)
    assert decide(hand, page, persona="ada").status_code == 400


def test_a_user_unticks_the_email(hand: Hand) -> None:
    page = hand.http.get(hand.url())
    boxes = [one for one in Page(page.text).inputs if one["type"] == "checkbox"]
    assert [(one["name"], "checked" in one) for one in boxes] == [("email", True)]
    granted = hand.exchange(came_back(decide(hand, page, persona="ada"))["code"])
    seen = granted.text
    if hand.provider != "apple":
        path = {"github": "/user/emails", "x2": "/2/users/me?user.fields=confirmed_email"}.get(hand.provider)
        seen += hand.profile(granted.json()["access_token"], path).text
    assert "ada@example.com" not in seen
    if "id_token" in granted.json():
        assert "email" not in httpx.Response(200, content=_payload(granted.json()["id_token"])).json()


def _payload(token: str) -> bytes:
    import base64

    part = token.split(".")[1]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_only_the_form_that_was_shown_counts(hand: Hand) -> None:
    page = hand.http.get(hand.url())
    asked = Page(page.text).fields["request"]
    for fields in ({}, {"form_key": ""}, {"form_key": "guessed"}):
        sent = {"request": asked, "persona": "ada", **fields}
        assert hand.http.post(f"{hand.base}/sandbox/decide", data=sent).status_code == 403
    assert hand.http.post(f"{hand.base}/sandbox/decide", data={"request": "x"}).status_code == 400
    assert decide(hand, page, persona="nobody").status_code == 400
    assert decide(hand, page, persona="ada").status_code in (200, 302)
    assert decide(hand, page, persona="ada").status_code == 400


def test_no_email_is_asked_for_without_its_scope(google: Hand) -> None:
    page = google.http.get(google.url(scope="openid"))
    assert [one for one in Page(page.text).inputs if one["type"] == "checkbox"] == []


def test_pages_are_inert(hand: Hand) -> None:
    hand.control("PUT", "personas", [{"user_id": "1", "handle": "x", "name": "<script>alert(1)</script>\"'"}])
    page = hand.http.get(hand.url())
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"


def test_without_a_hint_the_first_persona_is_chosen(hand: Hand) -> None:
    """The one without an e-mail address is nobody's hint."""
    assert re.findall(r'value="(\w+)" aria-label="@\w+" checked', hand.http.get(hand.url()).text) == ["ada"]


def test_a_hint_chooses_the_persona(google: Hand) -> None:
    def chosen(hint: str) -> list[str | None]:
        page = google.http.get(google.url(login_hint=hint))
        return [one["aria-label"] for one in Page(page.text).inputs if "checked" in one and one["type"] == "radio"]

    assert (chosen("rtl"), chosen("longname@example.com"), chosen("eve")) == (["@rtl"], ["@longname"], ["@ada"])


# A browser that approved before


def approve_once(hand: Hand, persona: str = "rtl") -> None:
    assert decide(hand, hand.http.get(hand.url()), persona=persona).status_code in (200, 302)


@pytest.mark.parametrize("provider", SILENT)
def test_a_browser_that_approved_is_sent_back(to: Callable[[str], Hand], provider: str) -> None:
    hand = to(provider)
    approve_once(hand)
    again = hand.http.get(hand.url())
    assert again.headers["refresh"].startswith(f"1; url={CALLBACK}?code=")
    assert hand.exchange(came_back(again)["code"]).status_code == 200
    assert hand.calls("token")[-1]["user_id"] == "9000000000000000003"
    back, another = Page(again.text).links
    assert again.headers["refresh"].endswith(back)
    page = hand.http.get(hand.origin + another)
    assert page.text.count('type="radio"') > 5
    assert "approved before" in page.text
    hand.control("PATCH", "settings", {"silent_when_approved": False})
    assert "refresh" not in hand.http.get(hand.url()).headers
    hand.control("PATCH", "settings", {"silent_when_approved": True})
    hand.switch(silent=False)
    assert "refresh" not in hand.http.get(hand.url()).headers


@pytest.mark.parametrize("provider", [name for name in PROVIDERS if name not in SILENT])
def test_others_ask_each_time(to: Callable[[str], Hand], provider: str) -> None:
    hand = to(provider)
    approve_once(hand)
    again = hand.http.get(hand.url())
    assert "refresh" not in again.headers
    assert "approved before" in again.text


def test_discord_is_silent_if_prompt_is_none(to: Callable[[str], Hand]) -> None:
    hand = to("discord")
    assert came_back(hand.http.get(hand.url(prompt="none")))["error"] == "login_required"
    approve_once(hand)
    assert "code" in came_back(hand.http.get(hand.url(prompt="none")))


def test_prompt_none(google: Hand) -> None:
    """OpenID Connect Core §3.1.2.1: no page, in either case."""
    unknown = google.http.get(google.url(prompt="none"))
    assert (unknown.status_code, came_back(unknown)["error"]) == (302, "login_required")
    approve_once(google)
    known = google.http.get(google.url(prompt="none"))
    assert (known.status_code, "code" in came_back(known)) == (302, True)


def test_a_browser_is_known_to_one_provider(to: Callable[[str], Hand]) -> None:
    google, acme = to("google"), to("acme")
    approve_once(google)
    assert "refresh" in google.http.get(google.url()).headers
    assert "refresh" not in acme.http.get(acme.url()).headers


# form_post


def test_a_form_is_posted(to: Callable[[str], Hand]) -> None:
    """By one line of script, whose hash is the only one that the page's policy allows; and a button without it."""
    apple = to("apple")
    page = decide(apple, apple.http.get(apple.url()), persona="ada", email="1")
    assert page.status_code == 200
    assert f'<form method="post" action="{CALLBACK}">' in page.text
    fields = Page(page.text).fields
    assert fields.keys() == {"code", "state", "user"}
    assert re.findall(r"<script>(.*?)</script>", page.text) == ["document.forms[0].submit()"]
    assert "script-src 'sha256-" in page.headers["content-security-policy"]
    assert '<button class="main">Continue</button>' in page.text
    assert apple.exchange(fields["code"]).status_code == 200


def test_the_window_of_the_sandbox_is_per_provider(to: Callable[[str], Hand]) -> None:
    def coop(provider: str, **settings: Any) -> str | None:
        hand = to(provider)
        if settings:
            hand.control("PATCH", "settings", settings)
        page = hand.http.get(hand.url())
        back = decide(hand, page, persona="ada")
        assert page.headers.get("cross-origin-opener-policy") == back.headers.get("cross-origin-opener-policy")
        return page.headers.get("cross-origin-opener-policy")

    assert [coop(one) for one in ("google", "github", "acme", "microsoft", "x2")] == [
        *(None, None, None),
        *("same-origin", "same-origin"),
    ]
    assert coop("microsoft", coop="unsafe-none") == "unsafe-none"
    assert coop("acme", coop="same-origin-allow-popups") == "same-origin-allow-popups"
