"""The world that tests from outside share: one app and one provider for each worker, for they are costly to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .servers import App, Provider, app_and_provider


@pytest.fixture(scope="session")
def world() -> Iterator[tuple[App, Provider]]:
    with app_and_provider() as pair:
        yield pair


@pytest.fixture(scope="session", name="world")
def page_world() -> Iterator[tuple[App, Provider]]:
    """For attacks that need the demo's page: its app, with the settings that an app has by default."""
    with app_and_provider(PROGRAM="serve --no-profile") as pair:
        yield pair


@pytest.fixture(scope="session", name="world")
def profile_world() -> Iterator[tuple[App, Provider]]:
    """For attacks on what only an app that reads the profile has."""
    with app_and_provider(PROGRAM="readme", READS_PROFILE="") as pair:
        yield pair


@pytest.fixture
def app(world: tuple[App, Provider]) -> App:
    return world[0]


@pytest.fixture
def provider(world: tuple[App, Provider]) -> Provider:
    """As it was at its start."""
    world[1].reset()
    return world[1]
