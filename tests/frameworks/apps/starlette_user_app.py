"""The same for who writes ``request.user``: Starlette's own middleware, before every route."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from valetkey import ValetkeyError
from valetkey.errors import NotSignedIn
from valetkey.frameworks.starlette import SignIn
from valetkey.web.replies import account_body

sign_in = SignIn.from_env()


async def me(request: Request) -> Response:
    if not request.user.is_authenticated:
        raise NotSignedIn
    return JSONResponse(account_body(request.user.account))


async def maybe(request: Request) -> Response:
    user = request.user
    return JSONResponse({"handle": user.account.handle if user.is_authenticated else None})


async def leave(request: Request) -> Response:
    response = JSONResponse({"handle": None})
    await sign_in.sign_out(request, response)
    assert not request.user.is_authenticated
    return response


app = Starlette(
    routes=[
        Route("/api/me", me, methods=["GET", "POST"]),
        Route("/api/maybe", maybe),
        Route("/api/sign-out", leave, methods=["POST"]),
        *sign_in.routes,
    ],
    middleware=[Middleware(AuthenticationMiddleware, backend=sign_in.backend, on_error=sign_in.on_error)],
    exception_handlers={ValetkeyError: sign_in.on_error},
    lifespan=sign_in.lifespan,
)
