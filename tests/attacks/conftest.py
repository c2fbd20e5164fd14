"""Attacks run from outside: a real app and a real provider. The provider is lenient, as X is said to be: a strict one
refuses much by itself, and a test that only it makes green proves nothing. That honest logins satisfy a strict one is
shown everywhere else (tests/browser, tests/web), and by the few attacks here that name it.

The app is the README's own, with no option: what nobody asked for must not be what holds an attack back. An attack that
needs the demo's page imports ``page_world``; one on a profile, ``profile_world``.

Attacks on OAuth 2.0 and OpenID Connect have a provider in the test's own process, ``p`` (``support.hostile``), and an
app there as well, ``app_with_p``, with no option either."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
from support.browser import Answer, Browser
from support.fixtures import app  # noqa: F401  # fixture
from support.fleets import (  # noqa: F401  # fixtures
    fleet,
    fleets_provider,
    new_fleet,
    postgresql,
    postgresql_fleet,
    rows,
    sqlite_fleet,
    zygote,
)
from support.fronts import FURTHER, front  # noqa: F401  # fixture
from support.servers import App, Provider, app_and_provider
from support.with_p import app_with_p, empty_database, new_app, other_p, p, running_p  # noqa: F401  # fixtures

_numbers = itertools.count(5_000_000)


@pytest.fixture(scope="session")
def world() -> Iterator[tuple[App, Provider]]:
    with app_and_provider(PROGRAM="readme", fronts=FURTHER) as pair:
        yield pair


@pytest.fixture
def provider(world: tuple[App, Provider], front: str) -> Provider:
    world[1].reset()
    world[1].set(lenient=True)
    return world[1].at(front)


@pytest.fixture
def browser(app: App, front: str) -> Callable[[], Browser]:
    """New profiles."""
    return lambda: Browser(app.base, provider=front)


@pytest.fixture
def person() -> dict[str, str]:
    """Somebody whom no other test has signed in."""
    number = next(_numbers)
    return {"user_id": str(number), "screen_name": f"user{number}"}


@pytest.fixture
def sign_in(provider: Provider) -> Callable[..., Answer]:
    """The control: an honest login, which must land."""

    def land(browser: Browser, **who: str) -> Answer:
        begun = browser.begin()
        answer = browser.come_back(provider.approve(begun.send_to, **who))
        assert answer.status == 303, answer.text
        assert browser.session_cookie
        assert browser.account()["identities"][0]["handle"] == who["screen_name"]
        return answer

    return land
