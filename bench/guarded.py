"""The same route twice in each framework: ``/bare`` asks nobody, ``/me`` answers to a session only."""

# No deferred annotations: FastAPI and Litestar read them, and these are local names.

import os
from typing import Annotated, Any

ANSWER = {"handle": "ada"}


def starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    from valetkey.frameworks.starlette import SignIn

    sign_in = SignIn.from_env()

    async def bare(request: Any) -> Any:
        return JSONResponse(ANSWER)

    async def me(request: Any) -> Any:
        session = await sign_in.session_of(request)
        return JSONResponse({"handle": session.account.handle}) if session else JSONResponse({}, 401)

    routes = [Route("/bare", bare), Route("/me", me), *sign_in.routes]
    return Starlette(routes=routes, lifespan=sign_in.lifespan)


def fastapi() -> Any:
    from fastapi import Depends, FastAPI

    from valetkey import Account
    from valetkey.frameworks.fastapi import SignIn

    app, sign_in = FastAPI(), SignIn.from_env()
    app.include_router(sign_in.router)

    @app.get("/bare")
    async def bare() -> dict[str, str]:
        return ANSWER

    @app.get("/me")
    async def me(account: Annotated[Account, Depends(sign_in.account)]) -> dict[str, str]:
        return {"handle": account.handle or ""}

    return app


def litestar() -> Any:
    from litestar import Litestar, get
    from litestar.di import NamedDependency

    from valetkey import Account
    from valetkey.frameworks.litestar import SignIn

    @get("/bare")
    async def bare() -> dict[str, str]:
        return ANSWER

    @get("/me")
    async def me(account: NamedDependency[Account]) -> dict[str, str]:
        return {"handle": account.handle or ""}

    return Litestar([bare, me], plugins=[SignIn.from_env()])


def flask() -> Any:
    from flask import Flask

    from valetkey.frameworks.flask import SignIn, current_account, login_required

    app = Flask(__name__)
    SignIn(app)

    @app.get("/bare")
    def bare() -> dict[str, str]:
        return ANSWER

    @app.get("/me")
    @login_required
    def me() -> dict[str, str]:
        return {"handle": current_account.handle or ""}

    return app


def django() -> Any:
    from django import setup
    from django.conf import settings
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from django.http import JsonResponse
    from django.urls import include, path

    settings.configure(
        SECRET_KEY="a bench",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "valetkey.frameworks.django",
        ],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "valetkey.frameworks.django.middleware.SignInMiddleware",
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DJANGO_DATABASE"]}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    setup()
    from valetkey.frameworks.django import session_required

    def bare(request: Any) -> Any:
        return JsonResponse(ANSWER)

    @session_required
    def me(request: Any) -> Any:
        return JsonResponse({"handle": request.valetkey_session.account.handle})

    globals()["urlpatterns"] = [
        path("auth/", include("valetkey.frameworks.django.urls")),
        path("bare", bare),
        path("me", me),
    ]
    call_command("migrate", verbosity=0)
    return get_wsgi_application()


app = {one.__name__: one for one in (starlette, fastapi, litestar, flask, django)}[os.environ["FRAMEWORK"]]()
