"""The ASGI frameworks' apps in every shape in which they are public below a path. ``SHAPE`` in the environment says
which one ``app`` is, so that any server can run it.

A shape is a framework and how its routes get below the path. ``/app`` is what the app itself says; ``root`` says
nothing, so that the server or a proxy must.
"""

# No deferred annotations here: FastAPI reads them, and some are local names.

import os
from collections.abc import Callable
from typing import Annotated, Any

from valetkey import Account

APP = "/app"
# A page of the app, whose addresses are relative to its own.
PAGE = """<!doctype html><meta charset="utf-8"><title>app</title><script type="module" src="auth/client.js"></script>
<sign-in-button provider="twitter"></sign-in-button><p id="who"></p>
<script type="module">import { onSession } from "./auth/client.js";
onSession((found) => { who.textContent = found?.account.handle ?? "nobody" })</script>"""


def fastapi_root(**options: Any) -> Any:
    """Routes at the root."""
    from fastapi import FastAPI

    app = FastAPI(**options)
    app.include_router(fastapi_router())
    return app


def fastapi_router() -> Any:
    """A router with valetkey's routes, and one that asks who is signed in."""
    from fastapi import APIRouter, Depends
    from fastapi.responses import HTMLResponse

    from valetkey.frameworks.fastapi import SignIn

    sign_in, router = SignIn.from_env(), APIRouter()
    router.include_router(sign_in.router)

    @router.get("/api/me")
    async def me(account: Annotated[Account, Depends(sign_in.account)]) -> Account:
        return account

    @router.get("/page")
    async def page() -> HTMLResponse:
        return HTMLResponse(PAGE)

    return router


def fastapi_root_path() -> Any:
    return fastapi_root(root_path=APP)


def fastapi_include() -> Any:
    """``include_router`` with a prefix."""
    from fastapi import FastAPI

    app = FastAPI()
    app.include_router(fastapi_router(), prefix=APP)
    return app


def fastapi_mount() -> Any:
    """A mounted sub-app, whose lifespan never runs."""
    from fastapi import FastAPI

    app = FastAPI()
    app.mount(APP, fastapi_root())
    return app


def fastapi_deep() -> Any:
    """Several levels: a mounted app that mounts one, which includes a router with a prefix."""
    from fastapi import FastAPI

    outer, middle, inner = FastAPI(), FastAPI(), FastAPI()
    inner.include_router(fastapi_router(), prefix="/in")
    middle.mount("/mid", inner)
    outer.mount("/out", middle)
    return outer


def starlette_root() -> Any:
    from starlette.applications import Starlette

    sign_in, routes = starlette_routes()
    return Starlette(routes=routes, lifespan=sign_in.lifespan)


def starlette_routes() -> tuple[Any, list[Any]]:
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    from valetkey.frameworks.starlette import SignIn
    from valetkey.web.replies import account_body

    sign_in = SignIn.from_env()

    async def me(request: Request) -> JSONResponse:
        session = await sign_in.session_of(request)
        return JSONResponse(account_body(session.account) if session else None, 200 if session else 401)

    return sign_in, [*sign_in.routes, Route("/api/me", me)]


def starlette_mount() -> Any:
    """``Mount`` with routes: there is one app, and its lifespan runs."""
    from starlette.applications import Starlette
    from starlette.routing import Mount

    sign_in, routes = starlette_routes()
    return Starlette(routes=[Mount(APP, routes=routes)], lifespan=sign_in.lifespan)


def starlette_mount_app() -> Any:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    return Starlette(routes=[Mount(APP, app=starlette_root(), name="inner")])


def litestar_root(**options: Any) -> Any:
    from litestar import Litestar, get

    from valetkey.frameworks.litestar import SignIn

    @get("/api/me")
    async def me(account: Account) -> Account:
        return account

    return Litestar([me], plugins=[SignIn.from_env()], **options)


def litestar_path() -> Any:
    return litestar_root(path=APP)


def litestar_in_starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    return Starlette(routes=[Mount(APP, app=litestar_root())])


SHAPES: dict[str, Callable[[], Any]] = {
    "fastapi root": fastapi_root,
    "fastapi root_path": fastapi_root_path,
    "fastapi include": fastapi_include,
    "fastapi mount": fastapi_mount,
    "fastapi deep": fastapi_deep,
    "starlette root": starlette_root,
    "starlette mount": starlette_mount,
    "starlette mount app": starlette_mount_app,
    "litestar root": litestar_root,
    "litestar path": litestar_path,
    "litestar in starlette": litestar_in_starlette,
}

if "SHAPE" in os.environ:
    app = SHAPES[os.environ["SHAPE"]]()
