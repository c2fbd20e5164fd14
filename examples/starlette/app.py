"""valetkey in a Starlette app: two lines, and the session of a request."""

from pathlib import Path

from behind import behind
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from valetkey.web.replies import account_body
from valetkey.web.starlette import SignIn

PAGE = Path(__file__).parents[1] / "page"
sign_in = SignIn.from_env()


async def index(request: Request) -> Response:
    page = (PAGE / "index.html").read_text()
    page = page.replace("{{ framework }}", "Starlette").replace("{{ behind }}", behind(sign_in.settings))
    return HTMLResponse(page)


async def me(request: Request) -> Response:
    session = await sign_in.session_of(request)
    if session is None:
        return JSONResponse({"error": "not signed in"}, 401, headers={"WWW-Authenticate": "Bearer"})
    return JSONResponse(account_body(session.account))


app = Starlette(
    routes=[Route("/", index), Route("/api/me", me), Mount("/page", StaticFiles(directory=PAGE)), *sign_in.routes],
    lifespan=sign_in.lifespan,
)
