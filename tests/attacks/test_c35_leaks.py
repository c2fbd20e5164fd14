"""C35: the verifier leaves the address bar in success and in failure; nothing is cached, referred or loaded from
elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from support.browser import Answer, Browser
from support.fronts import at_both
from support.servers import Provider


def final_page(profile: Browser, answer: Answer) -> Answer:
    assert answer.status == 303
    location = answer.header("location") or ""
    assert location.startswith(f"/auth/{profile.provider}/")
    return profile.visit(location)


@at_both
@pytest.mark.parametrize(
    "fault", [None, {"kind": "status", "status": 401, "body": "no"}, {"kind": "body", "body": "<html>"}]
)
def test_the_last_page_has_a_clean_address(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str], fault: dict[str, object] | None
) -> None:
    profile = browser()
    begun = profile.begin()
    callback = provider.approve(begun.send_to, **person)
    if fault:
        fault = dict(fault)
        provider.fault("exchange", str(fault.pop("kind")), **fault)
    page = final_page(profile, profile.come_back(callback))
    (verifier,) = provider.exchanged
    assert verifier in callback
    for text in (page.url, page.text, str(page.headers)):
        assert verifier not in text
        assert begun.token not in text
    query = page.url.partition("?")[2]
    assert re.fullmatch(r"code=[a-z_]+" if fault else r"login=[\w-]{22}", query)
    assert page.status == (200 if not fault else 502)


@at_both
def test_refusals_leave_it_too(provider: Provider, browser: Callable[[], Browser], person: dict[str, str]) -> None:
    stranger = browser()
    page = final_page(stranger, stranger.come_back(provider.approve(browser().begin().send_to, **person)))
    assert re.fullmatch(r"code=[a-z_]+", page.url.partition("?")[2])


def test_every_answer_is_private_and_whole(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str], sign_in: Callable[..., Answer]
) -> None:
    """Headers of all that was answered in a life, and every address that a page names."""
    profile = browser()
    landed = sign_in(profile, **person)
    final_page(profile, landed)
    final_page(profile, profile.visit(f"/auth/twitter?denied={profile.begin().token}"))
    profile.visit("/auth/nowhere")
    profile.sign_out()
    ours = [answer for answer in profile.seen if "/auth/" in answer.url]
    assert len(ours) > 8
    for answer in ours:
        assert answer.header("cache-control") == "no-store", answer.url
        assert answer.header("referrer-policy") == "no-referrer", answer.url
        assert answer.header("x-content-type-options") == "nosniff"
        assert answer.header("cross-origin-opener-policy") == "unsafe-none"
        if (answer.header("content-type") or "").startswith("text/html"):
            policy = answer.header("content-security-policy") or ""
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe-inline" not in policy
            loaded = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
            foreign = [one for one in loaded if not one.startswith("/") and not one.startswith(provider.origin)]
            assert foreign == []
            assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>[^<]", answer.text)
            assert " style=" not in answer.text
