"""A page that is open at another name of the machine than its callback, in three engines.

Each engine says that the form is of the same origin, or names the host that it asks, so the start refuses it. The
setting VALETKEY_ORIGINS lists both names, so nothing else does. Without that refusal the user would approve in vain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from support.engines import SHOWN, Engine, Gone
from support.hostile import Hostile, hostile
from support.lender import Lender
from support.plain import openid
from support.servers import SECRET, free_port
from support.waiting import wait_for
from support.wsgi import App, serving

from valetkey import Secret, Settings

PAGE = b"""<!doctype html><html lang=en><title>app</title><link rel=icon href=data:,>
<script type=module src=/auth/client.js></script><sign-in-button provider=own></sign-in-button><p id=who></p>
<script>addEventListener("signinerror", ({ detail }) => { who.textContent = `${detail.code} ${detail.hint}` });
addEventListener("signin", () => { who.textContent = "signed in" })</script>"""
LINK = "return document.querySelector('a.button')?.href"


class WithPage(App):
    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/auth/"):
            return super().__call__(environ, start_response)
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [PAGE]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Hostile]]:
    port = free_port()
    with hostile() as p:
        app = WithPage(
            Settings(
                url=f"http://127.0.0.1:{port}",
                origins=(f"http://localhost:{port}",),
                secrets=(Secret(SECRET),),
                providers=(replace(openid(p), title="X"),),
                database=f"sqlite:///{tmp_path_factory.mktemp('wrong_host')}/app.db",
            )
        )
        with serving(app, port) as base:
            yield base, p
        app.blocking.close()


@pytest.fixture(params=["chromium", "firefox", "webkit"])
def engine(request: pytest.FixtureRequest, lender: Lender, world: tuple[str, Hostile]) -> Iterator[Engine]:
    with lender.lend(request.param) as running:
        yield running.engine
        running.engine.forget(world[0])


def test_said_at_the_start(engine: Engine, world: tuple[str, Hostile]) -> None:
    """In the window, which has the right address as a link, and to the page. At the right address it lands."""
    base, p = world
    p.reset()
    p.checks = {"code", "pkce", "redirect", "client", "token"}
    wrong = engine.visit(f"{base.replace('127.0.0.1', 'localhost')}/page")
    wait_for(lambda: engine.run(wrong, SHOWN))
    engine.press(wrong)
    wait_for(lambda: said(engine, wrong).startswith("wrong_host "))
    assert f"Open the page at {base}/" in said(engine, wrong)
    assert p.calls("authorize") == []
    # The page may know before the window shows it.
    wait_for(lambda: [link_in(engine, one) for one in engine.windows() if one != wrong] == [f"{base}/"])

    right = engine.visit(f"{base}/page")
    wait_for(lambda: engine.run(right, SHOWN))
    engine.press(right)
    wait_for(lambda: said(engine, right) == "signed in")
    assert len(p.calls("token")) == 1


def said(engine: Engine, window: Any) -> str:
    return str(engine.run(window, "return document.querySelector('#who').textContent"))


def link_in(engine: Engine, window: Any) -> str | None:
    try:
        found: str | None = engine.run(window, LINK)
    except Gone:
        return None
    return found
