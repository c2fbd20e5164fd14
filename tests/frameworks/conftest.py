"""The world of a cell: its app and a provider, as lenient as X is said to be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attacks.conftest import browser, front, person, sign_in  # noqa: F401  # fixtures
from support.servers import App, Provider, free_port

from frameworks.adapter import LISTED
from frameworks.cells import Cell, CellApp

HERE = Path(__file__).parent
# What depends on how a server reads a request, and not on the framework alone.
BY_READER = "attacks.test_c34_octets"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every cell plays the adapter's contract; the whole ones play the whole contract and the attacks, too, and one for
    each reader the attacks that depend on it."""
    if "cell" in metafunc.fixturenames:
        cells: list[Cell] = metafunc.module.CELLS
        if metafunc.function.__module__ == BY_READER:
            cells = list({cell.reader: cell for cell in sorted(cells, key=lambda cell: cell.whole)}.values())
        elif metafunc.function.__module__ != "frameworks.adapter":
            cells = [cell for cell in cells if cell.whole]
        elif metafunc.function.__name__.endswith("_at_once"):
            cells = [cell for cell in cells if cell.threads]
        metafunc.parametrize("cell", cells, ids=[cell.name for cell in cells], indirect=True, scope="module")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """One cell after the other, each started once: pytest orders them by their place in a test's own list of cells,
    and these lists differ.

    Attacks that are played at several providers are played at X here. Below an adapter nothing differs by provider,
    except for the form that some post, and ``adapter`` has a test of that.
    """
    others = [item for item in items if item.path.is_relative_to(HERE) and _provider_of(item) != "twitter"]
    config.hook.pytest_deselected(items=others)
    left_out = set(map(id, others))
    items[:] = [item for item in items if id(item) not in left_out]
    here = [number for number, item in enumerate(items) if item.path.is_relative_to(HERE)]
    files = list(dict.fromkeys(items[number].path for number in here))

    def place(item: pytest.Item) -> tuple[int, int]:
        played = getattr(item, "callspec", None)
        cells: list[Cell] = item.module.CELLS  # type: ignore[attr-defined]
        return files.index(item.path), cells.index(played.params["cell"]) if played else len(cells)

    for number, item in zip(here, sorted((items[number] for number in here), key=place), strict=True):
        items[number] = item


def _provider_of(item: pytest.Item) -> str:
    played = getattr(item, "callspec", None)
    return str(played.params.get("front", "twitter")) if played else "twitter"


@pytest.fixture(scope="module")
def cell(request: pytest.FixtureRequest) -> Cell:
    found: Cell = request.param
    return found


@pytest.fixture(scope="module")
def world(cell: Cell, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[App, Provider]]:
    port = free_port()
    provider = Provider(f"http://127.0.0.1:{port}/auth/twitter")
    try:
        base = f"http://127.0.0.1:{port}"
        provider.serves(f"{base}/auth/github")
        variables = {
            "VALETKEY_ORIGINS": LISTED,
            "VALETKEY_HEALTH": "on",
            "GITHUB_CALLBACK_URL": f"{base}/auth/github,{base}",
        }
        directory = Path(tmp_path_factory.mktemp("cell"))
        app = CellApp(cell, provider, port, directory, fronts=("github",), **variables)
        try:
            yield app, provider
        finally:
            app.stop()
    finally:
        provider.stop()


@pytest.fixture
def app(world: tuple[App, Provider]) -> App:
    return world[0]


@pytest.fixture
def provider(world: tuple[App, Provider]) -> Provider:
    """A strict one would refuse by itself much of what a binding has to hold back."""
    world[1].reset()
    world[1].set(lenient=True)
    return world[1]


@pytest.fixture(autouse=True)
def _counted(request: pytest.FixtureRequest, cell: Cell) -> None:
    """For the table at the end of a run: framework x version x server x passed."""
    request.node.user_properties.append(("framework", cell.name))
