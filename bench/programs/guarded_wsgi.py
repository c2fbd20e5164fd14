"""One route, ``/me``, in Flask and Django (``ON``): open to all, or guarded (``WITH``).

Where something else than valetkey guards, ``/session/N`` opens a session of user N in its own way.
"""

from __future__ import annotations

import os
from typing import Any

WITH = os.environ["WITH"]
ANSWER = {"handle": "ada"}


def flask() -> Any:
    from flask import Flask

    app = Flask(__name__)
    if WITH == "bare":

        @app.get("/me")
        def bare() -> dict[str, str]:
            return ANSWER

    elif WITH == "valetkey":
        from valetkey.frameworks.flask import SignIn, current_account, login_required

        SignIn(app)

        @app.get("/me")
        @login_required
        def me() -> dict[str, str]:
            return {"handle": current_account.handle or ""}

    else:
        import flask_login
        import users

        app.secret_key = "k" * 32

        class User(flask_login.UserMixin):
            def __init__(self, id: int) -> None:
                self.id = id

        @flask_login.LoginManager(app).user_loader
        def loaded(id: str) -> User | None:
            row = users.connection().execute("SELECT id FROM users WHERE id = ?", (int(id),)).fetchone()
            return User(row[0]) if row else None

        @app.get("/me")
        @flask_login.login_required
        def known() -> dict[str, str]:
            return ANSWER

        @app.get("/session/<number>")
        def opened(number: str) -> dict[str, str]:
            flask_login.login_user(User(users.signed_in(number, f"user{number}")))
            return ANSWER

    return app


def django() -> Any:
    from django import setup
    from django.conf import settings
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from django.http import JsonResponse
    from django.urls import include, path

    # What startproject writes. The bare row has it, too: it is what a route of Django costs that asks nobody.
    middleware = [
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ]
    apps = [f"django.contrib.{app}" for app in ("auth", "contenttypes", "sessions", "messages")]
    if WITH == "valetkey":
        middleware.append("valetkey.frameworks.django.middleware.SignInMiddleware")
        apps.append("valetkey.frameworks.django")
    settings.configure(
        SECRET_KEY="k" * 50,
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        DEBUG_PROPAGATE_EXCEPTIONS=True,
        INSTALLED_APPS=apps,
        MIDDLEWARE=middleware,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": f"{os.environ['DB']}.django",
                "CONN_MAX_AGE": None,
                "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"},
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    setup()
    call_command("migrate", verbosity=0)

    def bare(request: Any) -> Any:
        return JsonResponse(ANSWER)

    def known(request: Any) -> Any:
        return JsonResponse(ANSWER if request.user.is_authenticated else {}, status=200 if request.user.pk else 401)

    def opened(request: Any, number: int) -> Any:
        from django.contrib.auth import get_user_model, login

        login(request, get_user_model().objects.create(username=f"user{number}"))
        return JsonResponse(ANSWER)

    urls = {"bare": [path("me", bare)], "django-sessions": [path("me", known), path("session/<int:number>", opened)]}
    if WITH == "valetkey":
        from valetkey.frameworks.django import session_required

        @session_required
        def me(request: Any) -> Any:
            return JsonResponse({"handle": request.valetkey_session.account.handle})

        urls["valetkey"] = [path("me", me), path("auth/", include("valetkey.frameworks.django.urls"))]
    globals()["urlpatterns"] = urls[WITH]
    return get_wsgi_application()


app = {"flask": flask, "django": django}[os.environ["ON"]]()
