"""valetkey in a Starlette app: routes, and Starlette's own middleware, which sets ``request.user``."""

from dataclasses import asdict
from pathlib import Path

from behind import behind
from starlette.applications import Starlette
from starlette.authentication import requires
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from valetkey.frameworks.starlette import SignIn

PAGE = Path(__file__).parents[1] / "page"
sign_in = SignIn.from_env()


async def index(request: Request) -> Response:
    page = (PAGE / "index.html").read_text()
    page = page.replace("{{ framework }}", "Starlette").replace("{{ behind }}", behind(sign_in.settings))
    return HTMLResponse(page)


async def me(request: Request) -> Response:
    if not request.user.is_authenticated:
        return JSONResponse({"error": "not signed in"}, 401, headers={"WWW-Authenticate": "Bearer"})
    return JSONResponse(asdict(request.user.account))


@requires("authenticated")
async def echo(websocket: WebSocket) -> None:
    """The handshake is refused if nobody is signed in. The middleware refuses a page of another app."""
    await websocket.accept()
    async for said in websocket.iter_text():
        await websocket.send_text(f"{websocket.user.display_name}: {said}")


app = Starlette(
    routes=[
        Route("/", index),
        Route("/api/me", me),
        WebSocketRoute("/api/echo", echo),
        Mount("/page", StaticFiles(directory=PAGE)),
        *sign_in.routes,
    ],
    middleware=[Middleware(AuthenticationMiddleware, backend=sign_in.backend, on_error=sign_in.on_error)],
    lifespan=sign_in.lifespan,
)
