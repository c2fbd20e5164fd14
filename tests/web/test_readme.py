"""The lines that README and docs/frameworks.md show for each framework, run as they stand there: a user signs in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from support.written import blocks_of

from valetkey.testing import Sandbox, signed_in

BLOCKS = blocks_of("README.md") | blocks_of("docs/frameworks.md")
SIGN_OUT = blocks_of("docs/sign-out.md")


def starlette(app: Any) -> Any:
    from starlette.testclient import TestClient

    return TestClient(app)


def litestar(app: Any) -> Any:
    from litestar.testing import TestClient

    return TestClient(app)


def flask(app: Any) -> Any:
    return app.test_client()


CLIENTS: dict[str, Callable[[Any], Any]] = {
    "fastapi": starlette,
    "starlette": starlette,
    "litestar": litestar,
    "flask": flask,
}
OFTEN = {"fastapi-often": starlette, "litestar-often": litestar}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Makes a module of a block, and imports it."""

    def imported(name: str, more: str = "") -> Any:
        (tmp_path / f"readme_{name}.py").write_text(BLOCKS[name] + more)
        monkeypatch.syspath_prepend(tmp_path)
        return import_module(f"readme_{name}")

    yield imported
    for name in [one for one in sys.modules if one.startswith("readme_")]:
        del sys.modules[name]


@pytest.mark.parametrize("name", [*CLIENTS, *OFTEN])
def test_somebody_signs_in(
    name: str, run: Callable[..., Any], valetkey_sandbox: Sandbox, valetkey_environment: object
) -> None:
    with (CLIENTS | OFTEN)[name](run(name).app) as client:
        assert client.get("/api/me").status_code == 401
        assert signed_in(client, "ada").handle == "ada"
        answer = client.get("/api/me")
        assert answer.status_code == 200
        assert '"ada"' in (answer.text if isinstance(answer.text, str) else answer.get_data(as_text=True))
        script = client.get("/auth/client.js")
        assert script.status_code == 200


@pytest.mark.parametrize("name", CLIENTS)
def test_and_signs_out(
    name: str, run: Callable[..., Any], valetkey_sandbox: Sandbox, valetkey_environment: object
) -> None:
    """By the lines of docs/sign-out.md, below those of the framework."""
    with CLIENTS[name](run(name, SIGN_OUT[name]).app) as client:
        signed_in(client, "ada")
        assert client.get("/api/me").status_code == 200
        assert client.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        answer = client.post("/sign-out", follow_redirects=False)
        assert answer.status_code in (200, 204, 303)
        assert "valetkey-session=; Max-Age=0" in answer.headers["set-cookie"]
        assert client.get("/api/me").status_code == 401
        assert client.post("/sign-out").status_code == 401


def test_every_block_is_run() -> None:
    """Django's are those of docs/django.md, which a test of its own puts into a project and signs in to. That of a
    WebSocket is run by test_tickets.py, in browsers."""
    django = blocks_of("docs/django.md")
    assert set(blocks_of("README.md")) == {"fastapi", "index.html"}
    names = {"settings", "urls", "template", "views"}
    assert set(SIGN_OUT) == {*CLIENTS, "django"}
    assert set(BLOCKS) == {*CLIENTS, *OFTEN, *names, "index.html", "websocket"}
    assert {name: BLOCKS[name] for name in names} == {name: django[name] for name in names}
