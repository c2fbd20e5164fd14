"""A page that follows the classic contract, and its backend: one route and the sign-in."""

import os
from dataclasses import asdict
from html import escape
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from valetkey.frameworks.starlette import SignIn

HERE = Path(__file__).parent
os.environ.setdefault("VALETKEY_DELIVERY", "token")  # the page stores its session token itself
sign_in = SignIn.from_env()


async def me(request: Request) -> Response:
    session = await sign_in.session_of(request)
    if session is None:
        return JSONResponse({"error": "not signed in"}, 401, headers={"WWW-Authenticate": "Bearer"})
    return JSONResponse(asdict(session.account))


async def index(request: Request) -> Response:
    x = sign_in.settings.providers[0].authorize_origin
    real = x == "https://api.x.com"
    behind = "This page uses X." if real else f"This page uses a sandbox in place of X: {x}"
    page = (HERE / "index.html").read_text()
    return Response(page.replace("{{x}}", escape(x)).replace("{{behind}}", escape(behind)), media_type="text/html")


async def file(request: Request) -> Response:
    return FileResponse(HERE / {"/page.js": "page.js", "/wait": "wait.html"}[request.url.path])


app = Starlette(
    routes=[
        Route("/", index),
        Route("/page.js", file),
        Route("/wait", file),
        Route("/api/me", me),
        *sign_in.routes,
    ],
    lifespan=sign_in.lifespan,
)
