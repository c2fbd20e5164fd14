"""An app whose service worker answers every navigation, as ``tests/browser/workers`` builds it, and its backend."""

from __future__ import annotations

import mimetypes
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from valetkey import Secret, Settings

from .engines import SHOWN, Engine
from .hostile import Hostile
from .plain import openid
from .servers import SECRET, free_port
from .waiting import wait_for
from .wsgi import App, serving

BUILT = Path(__file__).parents[1] / "browser/workers/dist"
FOLDERS = {"vite-plugin-pwa": BUILT / "pwa-served", "angular": BUILT / "angular/browser"}
PACKAGE = BUILT / "pwa-package"  # the first with the npm package, which is then a part of the app
EXCLUDING = {"vite-plugin-pwa": BUILT / "pwa-excluding", "angular": BUILT / "angular-excluding"}  # the routes
CONTROLLED = "return Boolean(navigator.serviceWorker.controller)"
WHO = "return document.querySelector('#who')?.textContent"
STATUS = "return document.querySelector('sign-in-button')?.shadowRoot.querySelector('[part=status]').textContent"
NO_POPUPS = "window.open = () => null"
SEVERS = {"Cross-Origin-Opener-Policy": "same-origin"}

IGNORES_CALLBACKS = b"export const resume = (core, address, resumePage) => resumePage();"


class Asked(NamedTuple):
    """A request that reached the backend. ``dest`` is empty for a script's, and ``document`` for a navigation's."""

    method: str
    path: str
    query: dict[str, list[str]]
    mode: str
    dest: str


class Built(App):
    """Serves a built app, and the routes below ``/auth``.

    Attributes:
        asked: the requests below ``/auth``, but for the files.
        handles_callbacks: whether the module finishes a callback that the worker has answered.
        navigation_delay: seconds before a navigation to a callback is answered. While WebKit starts a worker, it sends
            the navigation as well, and takes the answer that comes first.
        disturbances: what the next callbacks are answered in place of the backend: status, type and body.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        super().__init__(settings)
        self.folder = folder
        self.reset()

    def reset(self) -> None:
        self.asked: list[Asked] = []
        self.handles_callbacks = True
        self.navigation_delay = 0.0
        self.disturbances: list[tuple[str, str, bytes]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/auth/callback.js" and not self.handles_callbacks:
            start_response("200 OK", [("Content-Type", "text/javascript")])
            return [IGNORES_CALLBACKS]
        if path.startswith(("/auth/", "/api/")):
            mode, dest = (environ.get(f"HTTP_SEC_FETCH_{name}", "") for name in ("MODE", "DEST"))
            if "." not in path:
                query = parse_qs(environ["QUERY_STRING"])
                self.asked.append(Asked(environ["REQUEST_METHOD"], path, query, mode, dest))
                if mode == "navigate" and (environ["REQUEST_METHOD"], path) == ("GET", "/auth/own"):
                    time.sleep(self.navigation_delay)
            if self.disturbances and (environ["REQUEST_METHOD"], path) == ("GET", "/auth/own"):
                status, kind, body = self.disturbances.pop(0)
                start_response(status, [("Content-Type", kind)])
                return [body]
            return super().__call__(environ, start_response)
        file = self.folder / path.lstrip("/")
        file = file if file.is_file() else self.folder / "index.html"
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        start_response("200 OK", [("Content-Type", kind), ("Cache-Control", "no-cache")])
        return [file.read_bytes()]

    def callbacks(self, provider: str = "own") -> list[Asked]:
        return [one for one in self.asked if (one.method, one.path) == ("GET", f"/auth/{provider}")]


@contextmanager
def built(folder: Path, p: Hostile, directory: Path) -> Iterator[tuple[Built, str]]:
    """The app and its address. Its providers are P as ``own``, and as ``posting`` with a form_post.

    Args:
        folder: where the built app is.
        directory: for the database.
    """
    if not (folder / "index.html").exists():
        raise RuntimeError(f"{folder} has no app; ./run test builds it")
    port = free_port()
    app = Built(
        Settings(
            url=f"http://127.0.0.1:{port}",
            secrets=(Secret(SECRET),),
            # The title of the button that engines press.
            providers=(replace(openid(p), title="X"), openid(p, "posting", response_mode="form_post")),
            database=f"sqlite:///{directory}/app.db",
        ),
        folder,
    )
    with serving(app, port) as base:
        yield app, base
    app.blocking.close()


World = tuple[Built, str, Hostile]


def prepare(world: World) -> None:
    """As at the start, with a strict P."""
    app, _, p = world
    p.reset()
    p.checks = {"code", "pkce", "redirect", "client", "token"}
    app.reset()
    app.navigation_delay = 8.0  # longer than a worker takes to start, on a busy machine, too


def controlled_page(engine: Engine, base: str) -> Any:
    """A page of the app that the worker controls, as at a user's second visit."""
    window = engine.visit(f"{base}/deep/page?tab=1#part")
    wait_for(lambda: engine.run(window, CONTROLLED), 20)
    wait_for(lambda: engine.run(window, SHOWN))
    return window


def severs(p: Hostile) -> None:
    """The provider's pages cut the popup off from its opener."""

    def cut(request: Any, usual: Any) -> Any:
        reply = usual()
        reply.headers = {**reply.headers, **SEVERS}
        return reply

    p.replace("authorize", cut)


def by_script(app: Built, provider: str = "own") -> list[Asked]:
    """The callbacks that a script has sent."""
    return [one for one in app.callbacks(provider) if (one.mode, one.dest) == ("cors", "empty")]


def assert_fetched_once(app: Built, provider: str = "own", *, is_webkit: bool = False) -> None:
    """The worker has answered the navigation, and the module has sent the request.

    Args:
        is_webkit: it may have sent the navigation as well.
    """
    scripts = by_script(app, provider)
    assert len(scripts) == 1, app.callbacks(provider)
    assert "state" in scripts[0].query
    assert is_webkit or app.callbacks(provider) == scripts
