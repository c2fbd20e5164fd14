"""The ASGI frameworks' apps in every shape in which they are public below a path, and in those that are mistakes.
``SHAPE`` in the environment says which one ``app`` is, so that any server can run it.

A shape is a framework and how its routes get below the path. ``/app`` is what the app itself says; ``root`` says
nothing, so that the server or a proxy must. ``forgotten`` has no routes of valetkey, and ``catch-all`` has a route for
every path before them, after the app's own.
"""

# No deferred annotations here: FastAPI reads them, and some are local names.

import os
from collections.abc import Callable
from typing import Annotated, Any

from a_page import PAGE

from valetkey import Account

APP = "/app"


def fastapi_root(**options: Any) -> Any:
    """Routes at the root."""
    from fastapi import FastAPI

    app = FastAPI(**options)
    app.include_router(fastapi_router())
    return app


def fastapi_router() -> Any:
    """A router with valetkey's routes, and the app's own."""
    from fastapi import APIRouter

    router = APIRouter()
    for one in fastapi_routers():
        router.include_router(one)
    return router


def fastapi_routers() -> tuple[Any, Any]:
    """valetkey's, and the app's own, which asks who is signed in."""
    from fastapi import APIRouter, Depends
    from fastapi.responses import HTMLResponse

    from valetkey.frameworks.fastapi import SignIn

    sign_in, router = SignIn.from_env(), APIRouter()

    @router.get("/api/me")
    async def me(account: Annotated[Account, Depends(sign_in.account)]) -> Account:
        return account

    @router.get("/page")
    async def page() -> HTMLResponse:
        return HTMLResponse(PAGE)

    return sign_in.router, router


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


def fastapi_forgotten() -> Any:
    from fastapi import FastAPI

    app, (_, own) = FastAPI(), fastapi_routers()
    app.include_router(own)
    return app


def fastapi_catch_all() -> Any:
    from fastapi import FastAPI
    from fastapi.responses import HTMLResponse

    app, (ours, own) = FastAPI(), fastapi_routers()
    app.include_router(own)

    @app.get("/{path:path}")
    async def spa(path: str) -> HTMLResponse:
        return HTMLResponse(PAGE)

    app.include_router(ours)
    return app


def starlette_root() -> Any:
    from starlette.applications import Starlette

    sign_in, routes = starlette_routes()
    return Starlette(routes=routes, lifespan=sign_in.lifespan)


def starlette_forgotten() -> Any:
    from starlette.applications import Starlette

    sign_in, routes = starlette_routes()
    return Starlette(routes=routes[len(sign_in.routes) :], lifespan=sign_in.lifespan)


def starlette_catch_all() -> Any:
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse
    from starlette.routing import Route

    sign_in, routes = starlette_routes()
    own = routes[len(sign_in.routes) :]
    spa = Route("/{path:path}", lambda request: HTMLResponse(PAGE))
    return Starlette(routes=[*own, spa, *sign_in.routes], lifespan=sign_in.lifespan)


def starlette_routes() -> tuple[Any, list[Any]]:
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, JSONResponse
    from starlette.routing import Route

    from valetkey.frameworks.starlette import SignIn
    from valetkey.web.replies import account_body

    sign_in = SignIn.from_env()

    async def me(request: Request) -> JSONResponse:
        session = await sign_in.session_of(request)
        return JSONResponse(account_body(session.account) if session else None, 200 if session else 401)

    page = Route("/page", lambda request: HTMLResponse(PAGE))
    return sign_in, [*sign_in.routes, Route("/api/me", me), page]


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


def litestar_root(*handlers: Any, is_forgotten: bool = False, **options: Any) -> Any:
    from litestar import Litestar, MediaType, get

    from valetkey.frameworks.litestar import SignIn

    sign_in = SignIn.from_env()

    @get("/api/me")
    async def me(account: Account) -> Account:
        return account

    @get("/api/me", guards=[sign_in.requires_account])
    async def guarded() -> None: ...

    @get("/page", media_type=MediaType.HTML)
    async def page() -> str:
        return PAGE

    asks, plugins = (guarded, []) if is_forgotten else (me, [sign_in])
    return Litestar([*handlers, asks, page], plugins=plugins, **options)


def litestar_forgotten() -> Any:
    return litestar_root(is_forgotten=True)


def litestar_catch_all() -> Any:
    from litestar import MediaType, get

    @get("/{path:path}", media_type=MediaType.HTML)
    async def spa(path: str) -> str:
        return PAGE

    return litestar_root(spa)


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
    "fastapi forgotten": fastapi_forgotten,
    "fastapi catch-all": fastapi_catch_all,
    "starlette root": starlette_root,
    "starlette mount": starlette_mount,
    "starlette mount app": starlette_mount_app,
    "starlette forgotten": starlette_forgotten,
    "starlette catch-all": starlette_catch_all,
    "litestar root": litestar_root,
    "litestar path": litestar_path,
    "litestar in starlette": litestar_in_starlette,
    "litestar forgotten": litestar_forgotten,
    "litestar catch-all": litestar_catch_all,
}

if "SHAPE" in os.environ:
    app = SHAPES[os.environ["SHAPE"]]()
