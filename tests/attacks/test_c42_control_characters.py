"""C42: a control character in a query or a form is refused where it is read, before anything is looked up by it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.browser import Browser
from support.servers import App, Provider

CONTROLS = [*range(0x20), 0x7F]
JSON = {"Accept": "application/json"}


QUERIES = [
    ("twitter", "oauth_token={}&oauth_verifier=v"),
    ("twitter", "oauth_token=t&oauth_verifier={}"),
    ("twitter", "denied={}"),
    ("acme", "code={}&state=s"),
    ("acme", "code=c&state={}"),
    ("acme", "error={}&state=s"),
]


@pytest.mark.parametrize(("front", "query"), QUERIES, indirect=["front"])
def test_in_a_callback(app: App, provider: Provider, browser: Callable[[], Browser], front: str, query: str) -> None:
    profile, path = browser(), f"/auth/{front}"
    assert profile.visit(f"{path}?{query.format('a%21b')}", headers=JSON).status == 409  # the control
    answers = {code: profile.visit(f"{path}?{query.format(f'a%{code:02X}b')}", headers=JSON).code for code in CONTROLS}
    assert answers == dict.fromkeys(CONTROLS, "bad_request")
    assert provider.exchanges == []


def test_in_a_form(provider: Provider, browser: Callable[[], Browser]) -> None:
    """In a field that nobody reads, too: what has no reading has none as a whole."""
    answers = {code: browser().submit("/auth/twitter", {"other": f"a{chr(code)}b"}).status for code in CONTROLS}
    assert answers == dict.fromkeys(CONTROLS, 400)
    assert provider.journal == []
    assert browser().submit("/auth/twitter", {"other": "a!b"}).status == 200  # the control
