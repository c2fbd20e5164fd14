"""C20 where another origin is listed: a login returns to it as it is written, and to nothing that resembles it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.browser import Browser
from support.servers import App, Provider, app_and_provider

LISTED = "https://app.example"
ALIKE = [
    "https://app.example.evil.test/",
    "https://app.exampleevil.test/",
    "https://app.example@evil.test/",
    "https://app.example:password@evil.test/",
    "https://app.example:8443/",
    "https://app.example.:443/",
    "https://app.example\\@evil.test/",
    "https://app.example\\.evil.test/",
    "https://user@app.example/",
    "https://user:password@app.example/",
    "https://evil.test/https://app.example/",
    "https://evil.test?https://app.example/",
    "https://evil.test#https://app.example/",
    "http://app.example/",
    "HTTPS://app.example/",
    "https://APP.example/",
    "https://app.example:443/",
    "https:app.example/",
    "https:/app.example/",
    "https:///app.example/",
    "//app.example/",
    "app.example/",
    "https://app.example\t/",
    "https://app.example\u3002evil.test/",
    "https://sub.app.example/",
    "https://example/",
]


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[App, Provider]]:
    with app_and_provider(PROGRAM="readme", VALETKEY_ORIGINS=LISTED) as pair:
        yield pair


@pytest.mark.parametrize("value", ALIKE)
def test_nothing_that_resembles_it(app: App, provider: Provider, value: str) -> None:
    answer = Browser(app.base).submit("/auth/twitter", {"mode": "page", "return_to": value})
    assert (answer.status, provider.journal) == (400, [])


@pytest.mark.parametrize("value", [LISTED, f"{LISTED}/", f"{LISTED}/a/b?c=d#e", f"{LISTED}?c=d"])
def test_the_listed_one(app: App, provider: Provider, person: dict[str, str], value: str) -> None:
    """The control: and the browser is sent exactly there."""
    profile = Browser(app.base)
    begun = profile.begin(mode="page", return_to=value)
    sent_to = profile.come_back(provider.approve(begun.token, **person)).header("location")
    assert sent_to == (value if "#" in value else f"{value}#")
    assert profile.account() is not None
