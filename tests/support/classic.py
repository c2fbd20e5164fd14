"""An app that hands out tokens, and what a page does that makes the requests itself, as far as HTTP goes."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest

from .browser import Answer, Browser
from .servers import SECRET, App, Provider, app_and_provider

OLD_SECRET = "EsSqNeSGUu5a6EWq2AnEDQRimD3ex13mECg8iFcdu3Z3HVaR"
LISTED = "https://pages.example"


@pytest.fixture(scope="session")
def world() -> Iterator[tuple[App, Provider]]:
    """In token delivery, with two secrets and an origin that is listed."""
    env = {"VALETKEY_DELIVERY": "token", "VALETKEY_SECRET": f"{SECRET},{OLD_SECRET}", "VALETKEY_ORIGINS": LISTED}
    with app_and_provider(PROGRAM="readme", **env) as pair:
        yield pair


def begun(profile: Browser, **fields: object) -> str:
    """The first request; the token that the popup goes to the provider with."""
    answer = profile.fetch("POST", "/auth/twitter", {"name": "twitter", **fields})
    assert answer.status == 200, answer.text
    return str(answer.json()["oauth_token"])


def brought(callback: str) -> dict[str, str]:
    """What the provider wrote into the address that the popup came back to."""
    return dict(parse_qsl(urlsplit(callback).query))


def second(profile: Browser, fields: dict[str, str], **headers: str) -> Answer:
    """The second request, with what the popup brought."""
    return profile.fetch("POST", "/auth/twitter", fields, **headers)


def handed(profile: Browser, provider: Provider, person: dict[str, str]) -> str:
    """An honest login, whole; its pass."""
    answer = second(profile, brought(provider.approve(begun(profile), **person)))
    assert answer.status == 200, answer.text
    assert set(answer.json()) == {"token"}
    return str(answer.json()["token"])


def me(profile: Browser, token: str) -> Answer:
    return profile.request("GET", "/api/me", headers={"Authorization": f"Bearer {token}"}, cookies=False)
