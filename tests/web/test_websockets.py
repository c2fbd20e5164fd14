"""WebSockets, from the outside: the examples' own routes under a real server, asked by cookie, by bearer and by nobody.

What is refused is refused at the handshake. Neither CORS nor SameSite does it: a page of a sibling host, or of another
port of this machine, may open one, and the Lax cookie comes along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import wsproto
from frameworks.cells import NEWEST, OLDEST, UVICORN, Cell, CellApp
from support.browser import Browser
from support.servers import Provider, free_port
from support.waiting import wait_for
from support.websocket import Handshake

EXAMPLES = Path(__file__).parents[2] / "examples"
CELLS = [
    pytest.param((name, python), id=f"{name}-{age}")
    for name in ("starlette", "fastapi")
    for age, python in (("newest", NEWEST), ("oldest", OLDEST))
]
Talk = Callable[..., Handshake]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """uvicorn's WebSockets are a library beside it; the oldest environment, which has none, borrows ours."""
    directory = tmp_path_factory.mktemp("library")
    (directory / "wsproto").symlink_to(Path(wsproto.__file__).parent)
    return directory


@pytest.fixture(scope="module", params=CELLS)
def base(
    request: pytest.FixtureRequest, provider: Provider, library: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    name, python = request.param
    port = free_port()
    provider.serves(f"http://127.0.0.1:{port}/auth/twitter")
    command = (*UVICORN, "--ws", "wsproto", "--app-dir", str(EXAMPLES / name), "app:app")
    env = {"PYTHONPATH": f"{EXAMPLES}:{library}"}
    cell = Cell(framework=name, server="uvicorn", command=command, python=python, env=env)
    app = CellApp(cell, provider, port, tmp_path_factory.mktemp("cell"))
    yield app.base
    app.stop()


@pytest.fixture
def ada(base: str, provider: Provider) -> Browser:
    browser = Browser(base)
    assert browser.come_back(provider.approve(browser.begin().token, "ada")).status == 303
    return browser


@pytest.fixture
def talk(base: str) -> Iterator[Talk]:
    opened: list[Handshake] = []

    def open_one(**headers: str) -> Handshake:
        opened.append(Handshake(base, "/api/echo", **headers))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def cookie_of(browser: Browser) -> str:
    return f"valetkey-session={browser.session_cookie}"


def test_a_page_of_the_app_may(base: str, ada: Browser, talk: Talk) -> None:
    for headers in ({"origin": base}, {"origin": base, "sec_fetch_site": "same-origin"}):
        handshake = talk(cookie=cookie_of(ada), **headers)
        assert handshake.status == 101
        assert handshake.says("hello").endswith(": hello")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "https://other.example", "sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
    ids=str,
)
def test_a_page_from_elsewhere_may_not_by_cookie(base: str, ada: Browser, talk: Talk, headers: dict[str, str]) -> None:
    assert talk(cookie=cookie_of(ada), **headers).status == 403
    assert talk(cookie=cookie_of(ada), origin=base).status == 101


def test_a_bearer_may_from_anywhere(ada: Browser, talk: Talk) -> None:
    """No page has it without having been given it."""
    bearer = f"Bearer {ada.session_cookie}"
    for headers in ({}, {"origin": "https://other.example"}):
        handshake = talk(authorization=bearer, **headers)
        assert handshake.status == 101
        assert handshake.says("hello").endswith(": hello")


def test_nobody_may_not(base: str, ada: Browser, talk: Talk) -> None:
    assert talk(origin=base).status == 403
    assert talk().status == 403
    assert talk(cookie="valetkey-session=a.b.c", origin=base).status == 403
    # With a bearer, even a wrong one, the cookie does not count.
    assert talk(cookie=cookie_of(ada), authorization="Bearer nonsense", origin=base).status == 403


def test_who_has_signed_out_may_not(base: str, ada: Browser, talk: Talk) -> None:
    cookie = cookie_of(ada)
    assert talk(cookie=cookie, origin=base).status == 101
    ada.sign_out()
    wait_for(lambda: talk(cookie=cookie, origin=base).status != 101, 1)
