"""An app whose service worker answers every navigation, and so also the provider's redirect to the callback.

Two real builds, both with their defaults, in three engines: vite-plugin-pwa with the npm package, and Angular with the
module that the backend serves. The worker gives the app's page to the callback. The module in that page finishes the
sign-in. ``test_workers_trouble.py`` has the control, in which the module does nothing and nobody lands.
"""

from __future__ import annotations

from collections.abc import Iterator

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
    controlled_page,
    prepare,
    severs,
)

BUILDS = {"angular": FOLDERS["angular"], "vite-plugin-pwa": PACKAGE}


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
    prepare(world)
    yield started.engine
    started.engine.forget(world[1])


def test_a_popup_lands(engine: Engine, world: World) -> None:
    """It is cut off from its opener, and closes all the same."""
    app, base, p = world
    severs(p)
    window = controlled_page(engine, base)
    engine.press(window)
    wait_for(lambda: engine.run(window, WHO) == "Ada Lovelace", 20)
    wait_for(lambda: engine.windows() == [window])
    assert_fetched_once(app, is_webkit=isinstance(engine, WebKit))
    assert len(p.calls("token")) == 1


def test_this_tab_lands(engine: Engine, world: World) -> None:
    """It comes back to the very address that it left."""
    app, base, p = world
    window = controlled_page(engine, base)
    left = engine.run(window, "return location.href")
    engine.run(window, NO_POPUPS)
    engine.press(window)
    wait_for(lambda: engine.run(window, WHO) == "Ada Lovelace", 20)
    # Where the worker answers the callback with the app's page, that page may show the user before it goes on.
    wait_for(lambda: engine.run(window, "return location.href") == left)
    assert_fetched_once(app, is_webkit=isinstance(engine, WebKit))
    assert len(p.calls("token")) == 1
