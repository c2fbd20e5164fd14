"""The fleets that tests share, one for each database and worker; and new ones for tests that break theirs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from .fronts import FURTHER, front  # noqa: F401  # fixture
from .nodes import Fleet, fleet_of
from .postgresql import Server, postgresql  # noqa: F401  # fixture
from .rows import PostgreSQLRows, Rows, SQLiteRows
from .servers import Provider
from .zygote import Zygote

NODES = int(os.environ.get("VALETKEY_NODES", "4"))
DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    one = Zygote()
    yield one
    one.stop()


@pytest.fixture(scope="session")
def fleets_provider() -> Iterator[Provider]:
    one = Provider("http://127.0.0.1:1/auth/twitter")
    yield one
    one.stop()


@pytest.fixture(scope="session")
def sqlite_fleet(zygote: Zygote, fleets_provider: Provider) -> Iterator[Fleet]:
    with tempfile.TemporaryDirectory() as directory:
        rows = SQLiteRows(Path(directory) / "fleet.db")
        with fleet_of(rows, zygote, Path(directory), NODES, fleets_provider, fronts=FURTHER) as fleet:
            yield fleet


@pytest.fixture(scope="session")
def postgresql_fleet(postgresql: Server, zygote: Zygote, fleets_provider: Provider) -> Iterator[Fleet]:
    with tempfile.TemporaryDirectory() as directory:
        rows = PostgreSQLRows(postgresql)
        with fleet_of(rows, zygote, Path(directory), NODES, fleets_provider, fronts=FURTHER) as fleet:
            yield fleet


@pytest.fixture(params=DATABASES)
def fleet(request: pytest.FixtureRequest, front: str) -> Fleet:
    """Four nodes, over either database; the provider is lenient, for a strict one would hide what we let pass."""
    shared: Fleet = request.getfixturevalue(f"{request.param}_fleet")
    shared.provider = shared.provider.at(front)
    shared.provider.reset()
    shared.provider.set(lenient=True)
    return shared


@pytest.fixture(params=DATABASES)
def rows(request: pytest.FixtureRequest, tmp_path: Path) -> Rows:
    """A new database."""
    if request.param == "sqlite":
        return SQLiteRows(tmp_path / "fleet.db")
    return PostgreSQLRows(request.getfixturevalue("postgresql"))


@pytest.fixture
def new_fleet(zygote: Zygote, fleets_provider: Provider, front: str, tmp_path: Path) -> Iterator[Callable[..., Fleet]]:
    """A fleet of a test's own, for it to break."""
    fleets_provider.reset()
    fleets_provider.set(lenient=True)
    with ExitStack() as running:

        def make(rows: Rows, size: int = NODES, **env: str) -> Fleet:
            provider, fronts = fleets_provider.at(front), () if front == "twitter" else (front,)
            directory = tmp_path / "nodes"
            return running.enter_context(fleet_of(rows, zygote, directory, size, provider, fronts=fronts, **env))

        yield make
