"""An app whose service worker answers every navigation, and so also the provider's redirect to the callback.

Two real builds, both with their defaults, in three engines: vite-plugin-pwa with the npm package, and Angular with the
module that the backend serves. The worker gives the app's page to the callback. The module in that page finishes the
sign-in. ``test_workers_trouble.py`` has the control, in which the module does nothing and nobody lands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.engines import Engine, WebKit
from support.hostile import hostile
from support.lender import Lender, Started
from support.waiting import wait_for
from support.workers import (
    FOLDERS,
    NO_POPUPS,
    PACKAGE,
    WHO,
    World,
    assert_fetched_once,
    built,
    by_script,
    controlled_page,
    prepare,
    severs,
)

BUILDS = {"angular": FOLDERS["angular"], "vite-plugin-pwa": PACKAGE}
TRIES = 3


@pytest.fixture(scope="module", params=BUILDS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with hostile() as p, built(BUILDS[request.param], p, tmp_path_factory.mktemp("workers")) as (app, base):
        yield app, base, p


@pytest.fixture(scope="module", params=["chromium", "firefox", "webkit"])
def started(request: pytest.FixtureRequest, lender: Lender) -> Iterator[Started]:
    with lender.lend(request.param) as running:
        yield running


@pytest.fixture
def engine(started: Started, world: World) -> Iterator[Engine]:
    yield started.engine
    started.engine.forget(world[1])


def lands(engine: Engine, world: World, sign_in: Callable[[Any], None]) -> None:
    """The user is signed in by one exchange, and the worker has answered the callback.

    WebKit sometimes takes the network's answer, as while it starts the worker. The sign-in lands, but it shows nothing
    about the module, so it is done again.
    """
    app, base, p = world
    is_webkit = isinstance(engine, WebKit)
    for _ in range(TRIES if is_webkit else 1):
        prepare(world)
        sign_in(controlled_page(engine, base))
        assert len(p.calls("token")) == 1
        if by_script(app):
            break
        engine.forget(base)
    assert_fetched_once(app, is_webkit=is_webkit)


def test_a_popup_lands(engine: Engine, world: World) -> None:
    """It is cut off from its opener, and closes all the same."""

    def sign_in(window: Any) -> None:
        severs(world[2])
        engine.press(window)
        wait_for(lambda: engine.run(window, WHO) == "Ada Lovelace", 20)
        wait_for(lambda: engine.windows() == [window])

    lands(engine, world, sign_in)


def test_this_tab_lands(engine: Engine, world: World) -> None:
    """It comes back to the very address that it left."""

    def sign_in(window: Any) -> None:
        left = engine.run(window, "return location.href")
        engine.run(window, NO_POPUPS)
        engine.press(window)
        wait_for(lambda: engine.run(window, WHO) == "Ada Lovelace", 20)
        # Where the worker answers the callback with the app's page, that page may show the user before it goes on.
        wait_for(lambda: engine.run(window, "return location.href") == left)

    lands(engine, world, sign_in)
