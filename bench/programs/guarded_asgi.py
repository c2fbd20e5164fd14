"""One route, ``/me``, in Starlette, FastAPI and Litestar (``ON``): open to all, or guarded (``WITH``).

Where something else than valetkey guards, ``/session/N`` opens a session of user N in its own way.
"""

# No deferred annotations: FastAPI and Litestar read them, and these are local names.

import os
import time
from contextlib import asynccontextmanager
from typing import Annotated, Any

WITH = os.environ["WITH"]
ANSWER = {"handle": "ada"}
SECRET = "k" * 32


def starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.sessions import SessionMiddleware
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    if WITH == "bare":

        async def bare(request: Any) -> Any:
            return JSONResponse(ANSWER)

        return Starlette(routes=[Route("/me", bare)])

    if WITH == "valetkey":
        from valetkey.frameworks.starlette import SignIn

        sign_in = SignIn.from_env()

        async def me(request: Any) -> Any:
            session = await sign_in.session_of(request)
            return JSONResponse({"handle": session.account.handle}) if session else JSONResponse({}, 401)

        return Starlette(routes=[Route("/me", me), *sign_in.routes], lifespan=sign_in.lifespan)

    async def opened(request: Any) -> Any:
        request.session["user"] = request.path_params["number"]
        return JSONResponse({})

    async def signed(request: Any) -> Any:
        return JSONResponse(ANSWER) if request.session.get("user") else JSONResponse({}, 401)

    routes = [Route("/me", signed), Route("/session/{number:int}", opened)]
    return Starlette(routes=routes, middleware=[Middleware(SessionMiddleware, secret_key=SECRET)])


def fastapi() -> Any:
    from fastapi import Depends, FastAPI, HTTPException, Request

    app = FastAPI()
    if WITH == "bare":

        @app.get("/me")
        async def bare() -> dict[str, str]:
            return ANSWER

    elif WITH.startswith("valetkey"):
        from valetkey import Account
        from valetkey.frameworks.fastapi import SignIn

        sign_in = SignIn.from_env()
        app.include_router(sign_in.router)
        if WITH == "valetkey":

            @app.get("/me")
            async def me(account: Annotated[Account, Depends(sign_in.account)]) -> dict[str, str]:
                return {"handle": account.handle or ""}

        else:

            @app.get("/me")
            async def me_without_dependency(request: Request) -> dict[str, str]:
                session = await sign_in.session_of(request)
                if session is None:
                    raise HTTPException(401)
                return {"handle": session.account.handle or ""}

    elif WITH == "pyjwt":
        import jwt

        async def user(request: Request) -> str:
            try:
                token = request.headers["authorization"].removeprefix("Bearer ")
                return str(jwt.decode(token, SECRET, algorithms=["HS256"])["sub"])
            except (KeyError, jwt.InvalidTokenError):
                raise HTTPException(401) from None

        @app.get("/me")
        async def decoded(user: Annotated[str, Depends(user)]) -> dict[str, str]:
            return ANSWER

        @app.get("/session/{number}")
        async def opened(number: int) -> dict[str, str]:
            claims = {"sub": str(number), "exp": int(time.time()) + 86400}
            return {"authorization": f"Bearer {jwt.encode(claims, SECRET, 'HS256')}"}

    else:
        fastapi_users(app)
    return app


def fastapi_users(app: Any) -> None:
    """As its documentation has it: SQLAlchemy on aiosqlite, and a JWT in a cookie."""
    import uuid

    from fastapi import Depends
    from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin
    from fastapi_users.authentication import AuthenticationBackend, CookieTransport, JWTStrategy
    from fastapi_users.db import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
    from sqlalchemy.orm import DeclarativeBase

    class Base(DeclarativeBase):
        pass

    class User(SQLAlchemyBaseUserTableUUID, Base):
        pass

    engine = create_async_engine(f"sqlite+aiosqlite:///{os.environ['DB']}")
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def database() -> Any:
        async with sessions() as session:
            yield SQLAlchemyUserDatabase(session, User)

    class Manager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
        reset_password_token_secret = verification_token_secret = SECRET

    async def manager(users: Annotated[Any, Depends(database)]) -> Any:
        yield Manager(users)

    backend = AuthenticationBackend(
        name="cookie", transport=CookieTransport(), get_strategy=lambda: JWTStrategy(SECRET, lifetime_seconds=86400)
    )
    users = FastAPIUsers[User, uuid.UUID](manager, [backend])

    @asynccontextmanager
    async def lifespan(app: Any) -> Any:
        async with engine.begin() as connection:
            await connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            await connection.run_sync(Base.metadata.create_all)
        yield

    app.router.lifespan_context = lifespan

    @app.get("/me")
    async def me(user: Annotated[User, Depends(users.current_user(active=True))]) -> dict[str, str]:
        return ANSWER

    @app.get("/session/{number}")
    async def opened(number: int, users: Annotated[Any, Depends(manager)]) -> Any:
        user = await users.user_db.create({"email": f"{number}@example.com", "hashed_password": "x", "is_active": True})
        return await backend.login(backend.get_strategy(), user)


def litestar() -> Any:
    from litestar import Litestar, Request, get
    from litestar.di import NamedDependency
    from litestar.exceptions import NotAuthorizedException

    if WITH == "bare":

        @get("/me")
        async def bare() -> dict[str, str]:
            return ANSWER

        return Litestar([bare])

    if WITH.startswith("valetkey"):
        from valetkey import Account
        from valetkey.frameworks.litestar import SignIn

        sign_in = SignIn.from_env()

        @get("/me")
        async def me(account: NamedDependency[Account]) -> dict[str, str]:
            return {"handle": account.handle or ""}

        @get("/me", guards=[sign_in.requires_account])
        async def me_by_guard(request: Request[Account, Any, Any]) -> dict[str, str]:
            return {"handle": request.user.handle or ""}

        @get("/me", middleware=[sign_in.middleware])
        async def me_by_middleware(request: Request[Account | None, Any, Any]) -> dict[str, str]:
            if request.user is None:
                raise NotAuthorizedException
            return {"handle": request.user.handle or ""}

        @get("/me")
        async def me_in_the_route(request: Request[Any, Any, Any]) -> dict[str, str]:
            session = await sign_in.session_of(request)
            if session is None:
                raise NotAuthorizedException
            return {"handle": session.account.handle or ""}

        handlers = {
            "valetkey": me,
            "valetkey-guard": me_by_guard,
            "valetkey-middleware": me_by_middleware,
            "valetkey-in-the-route": me_in_the_route,
        }
        return Litestar([handlers[WITH]], plugins=[sign_in])

    from litestar.security.jwt import JWTCookieAuth, Token

    async def user(token: Token, connection: Any) -> str:
        return token.sub

    guard = JWTCookieAuth[str](retrieve_user_handler=user, token_secret=SECRET, exclude=["/session"])

    @get("/me")
    async def decoded(request: Request[str, Token, Any]) -> dict[str, str]:
        return ANSWER if request.user else {}

    @get("/session/{number:int}")
    async def opened(number: int) -> Any:
        return guard.login(str(number))

    return Litestar([decoded, opened], on_app_init=[guard.on_app_init])


app = {"starlette": starlette, "fastapi": fastapi, "litestar": litestar}[os.environ["ON"]]()
