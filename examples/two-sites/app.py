"""The backend of a page on another site: the sign-in, and a route that takes the session token as a bearer."""

import os
from dataclasses import asdict

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from valetkey.frameworks.starlette import SignIn

_, page = os.environ["EXAMPLE_SITES"].split()  # this backend, and the site of the page
os.environ |= {
    "VALETKEY_DELIVERY": "token",
    "VALETKEY_ORIGINS": page,
    "VALETKEY_RELAY": f"{page}/relay.html",
}
sign_in = SignIn.from_env()


async def me(request: Request) -> Response:
    session = await sign_in.session_of(request)
    if session is None:
        return JSONResponse({"error": "not signed in"}, 401, headers={"WWW-Authenticate": "Bearer"})
    return JSONResponse(asdict(session.account))


cors = Middleware(CORSMiddleware, allow_origins=[page], allow_headers=["authorization"])
app = Starlette(
    routes=[
        Route("/api/me", me, middleware=[cors], methods=["GET", "OPTIONS"]),
        *sign_in.routes,  # these have their own CORS headers
    ],
    lifespan=sign_in.lifespan,
)
