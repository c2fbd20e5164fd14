"""Django's settings that allauth and django-oauth-toolkit need alike. The database is in the memory of one thread."""

from __future__ import annotations

from typing import Any

APPS = [f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "messages")]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",  # says how long each reply is
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
CONTEXT = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]


class Without(dict[str, None]):
    """No app has migrations."""

    def __contains__(self, _: object) -> bool:
        return True

    def __getitem__(self, _: str) -> None:
        return None


def configure(*, apps: list[str], middleware: tuple[str, ...] = (), **settings: Any) -> Any:
    """Set Django up, and make the tables. Nothing that needs its settings can be imported earlier.

    Args:
        apps: beside Django's own.
        middleware: after Django's own.
        settings: the others.

    Returns:
        Its settings, without a ``ROOT_URLCONF``.
    """
    import django
    from django.conf import settings as configured
    from django.core.management import call_command

    configured.configure(
        SECRET_KEY="for tests alone: nobody else reaches this server",
        ALLOWED_HOSTS=["localhost", "127.0.0.1"],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=[*APPS, *apps],
        MIDDLEWARE=[*MIDDLEWARE, *middleware],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": CONTEXT},
            }
        ],
        STATIC_URL="/static/",
        # Quick to start and to sign in: tables as the models say, and passwords that are no secrets.
        MIGRATION_MODULES=Without(),
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        USE_TZ=True,
        **settings,
    )
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0, skip_checks=True)
    return configured
