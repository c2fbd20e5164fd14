"""What a user of Starlette writes, and the routes that the contract asks for."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from valetkey import ValetkeyError
from valetkey.errors import NotSignedIn
from valetkey.frameworks.starlette import SignIn
from valetkey.web.replies import account_body

sign_in = SignIn.from_env()


async def me(request: Request) -> Response:
    session = await sign_in.session_of(request)
    if session is None:
        raise NotSignedIn
    return JSONResponse(account_body(session.account))


async def maybe(request: Request) -> Response:
    session = await sign_in.session_of(request)
    return JSONResponse({"handle": session.account.handle if session else None})


async def leave(request: Request) -> Response:
    response = JSONResponse({"handle": None})
    await sign_in.sign_out(request, response)
    assert await sign_in.session_of(request) is None
    return response


app = Starlette(
    routes=[
        Route("/api/me", me, methods=["GET", "POST"]),
        Route("/api/maybe", maybe),
        Route("/api/sign-out", leave, methods=["POST"]),
        *sign_in.routes,
    ],
    exception_handlers={ValetkeyError: sign_in.on_error},
    lifespan=sign_in.lifespan,
)
