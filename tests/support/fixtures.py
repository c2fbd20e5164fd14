"""The world that tests from outside share: one app and one provider for each worker, for they are costly to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .servers import App, Provider, app_and_provider


@pytest.fixture(scope="session")
def world() -> Iterator[tuple[App, Provider]]:
    with app_and_provider() as pair:
        yield pair


@pytest.fixture
def app(world: tuple[App, Provider]) -> App:
    return world[0]


@pytest.fixture
def provider(world: tuple[App, Provider]) -> Provider:
    """As it was at its start."""
    world[1].reset()
    return world[1]
