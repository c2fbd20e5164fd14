"""What ``manage.py check``, ``runserver`` and ``check --deploy`` say. Each message has its fix, and names no value.

valetkey.E001  the settings, or what is missing of them        valetkey.W001  SignInMiddleware is not there
valetkey.E002  VALETKEY has a key that is none                 valetkey.W002  DEBUG, and people are signing in (https)
valetkey.E003  the secret is too weak, or meant for one's desk valetkey.W003  Django takes https for http (deploy)
valetkey.E004  the urls are not where the callback URL says    valetkey.W004  the callback URL is of one's desk (deploy)
valetkey.E005  RESOLVE_ACCOUNT, or a user model that needs it
valetkey.E006  the order of MIDDLEWARE
valetkey.E007  something in the app is between us and browsers
valetkey.E008  valetkey's database (with --database)
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, Warning
from django.core.handlers.wsgi import WSGIHandler
from django.db import models

from ...errors import SettingsError, StoreError
from ...settings import Settings
from ...storage import migration
from ...web import startup_check
from . import conf

SIGN_IN = "valetkey.frameworks.django.middleware.SignInMiddleware"
AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"
_TAG = "valetkey"

Apps = Sequence[AppConfig] | None


def register() -> None:
    checks.register(check_settings, _TAG)
    checks.register(check_app, _TAG)
    checks.register(check_deployment, _TAG, deploy=True)
    checks.register(check_database, Tags.database)


def check_settings(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    try:
        found: list[CheckMessage] = [_error("E002", sentence) for sentence in conf.unknown_keys()]
    except SettingsError as wrong:
        return [_settings_error(wrong.hint)]
    try:
        if not found:
            conf.read_settings()
    except SettingsError as wrong:
        found += map(_settings_error, wrong.hint.splitlines())
    found += _resolver_faults()
    found += _middleware_faults(list(django_settings.MIDDLEWARE))
    return found


def check_app(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Where the urls are, and what the rest of the app makes of our answers. It asks no database of Django's."""
    settings = _settings()
    if settings is None or _middleware_faults(list(django_settings.MIDDLEWARE)) or _resolver_faults():
        return []
    misplaced = conf.misplaced(settings)
    if misplaced is not None:
        return [_error("E004", misplaced)]
    try:
        conf.sign_in()
    except SettingsError as wrong:
        return [*map(_settings_error, wrong.hint.splitlines())]
    found: list[CheckMessage] = [_error("E007", sentence) for sentence in _seen_in_the_mirror(settings)]
    if django_settings.DEBUG and settings.secure:
        found.append(
            _warning(
                "W002",
                "DEBUG is on, and the callback URL is a public one. Django's error pages show settings, and what "
                "the app's variables held.",
                "Set DEBUG = False where others can reach it.",
            )
        )
    return found


def check_deployment(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    settings = _settings()
    if settings is None:
        return []
    if not settings.secure:
        return [
            _warning(
                "W004",
                "The callback URL is http, which is for one's own machine: nobody else could sign in.",
                "Set VALETKEY_URL (or TWITTER_CALLBACK_URL) to the app's public address, with https.",
            )
        ]
    if django_settings.SECURE_PROXY_SSL_HEADER is None:
        return [
            _warning(
                "W003",
                "The callback URL is https, and SECURE_PROXY_SSL_HEADER is not set: behind a proxy Django takes every "
                "request for http, and refuses its own forms.",
                "Let the proxy set the header, and name it: "
                'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https"). Silence this where no proxy stands '
                "before Django.",
            )
        ]
    return []


def check_database(app_configs: Apps, databases: Iterable[str] | None = None, **_: Any) -> list[CheckMessage]:
    settings = _settings()
    if settings is None or not databases:
        return []
    try:
        found = migration(settings.database)
    except (SettingsError, StoreError) as fault:
        return [_error("E008", fault.hint)]
    if found.found == found.known or (found.found < found.known and settings.database.startswith("sqlite:")):
        return []  # SQLite comes to it by itself
    return [
        _error(
            "E008",
            f"valetkey's database is at version {found.found}, and is to be at {found.known}.",
            "Run: manage.py valetkey migrate",
        )
    ]


def _settings() -> Settings | None:
    """None where they are wrong, which check_settings says."""
    try:
        return conf.read_settings()
    except SettingsError:
        return None


def _resolver_faults() -> list[CheckMessage]:
    try:
        conf.resolver()
    except SettingsError as wrong:
        return [_error("E005", wrong.hint)]
    model: Any = get_user_model()
    name = model._meta.get_field(model.USERNAME_FIELD)
    if conf.resolves_by_itself() and (not isinstance(name, models.CharField) or isinstance(name, models.EmailField)):
        return [
            _error(
                "E005",
                f"{model._meta.label} has no user name that could be made of a handle.",
                'Name a function of your own, which gets or makes the user: VALETKEY = {"RESOLVE_ACCOUNT": '
                '"people.sign_in.resolve_account"}.',
            )
        ]
    return []


def _middleware_faults(middleware: list[str]) -> list[CheckMessage]:
    if SIGN_IN not in middleware:
        return [
            _warning(
                "W001",
                "SignInMiddleware is not in MIDDLEWARE: request.user does not know who signed in.",
                f'Add "{SIGN_IN}" after "{AUTHENTICATION}".',
            )
        ]
    if AUTHENTICATION in middleware[middleware.index(SIGN_IN) :] or AUTHENTICATION not in middleware:
        return [
            _error(
                "E006",
                "SignInMiddleware must come after AuthenticationMiddleware, to which it falls back.",
                f'Put "{SIGN_IN}" right after "{AUTHENTICATION}".',
            )
        ]
    return []


def _seen_in_the_mirror(settings: Settings) -> list[str]:
    """Two requests through the whole app."""
    outer = settings.prefix.removesuffix(conf.mounted_at() or "")  # what the server puts before it
    requests = logging.getLogger("django.request")
    requests.addFilter(_nothing)  # that somebody was refused, as was asked for
    try:
        handler: Callable[..., Any] = WSGIHandler()

        def app(environ: dict[str, Any], start_response: Any) -> Any:
            inner = environ["PATH_INFO"].removeprefix(outer)
            return handler({**environ, "SCRIPT_NAME": outer, "PATH_INFO": inner}, start_response)

        startup_check.check_wsgi_app(app, settings)
    except SettingsError as wrong:
        return wrong.hint.splitlines()
    finally:
        requests.removeFilter(_nothing)
    return []


def _nothing(record: logging.LogRecord) -> bool:
    return False


def _settings_error(sentence: str) -> Error:
    return _error("E003" if sentence.startswith(("SECRET_KEY", "VALETKEY_SECRET")) else "E001", sentence)


def _error(number: str, sentence: str, hint: str | None = None) -> Error:
    """Where there is no hint the sentence says the fix itself."""
    return Error(sentence, hint=hint, id=f"valetkey.{number}")


def _warning(number: str, sentence: str, hint: str) -> Warning:
    return Warning(sentence, hint=hint, id=f"valetkey.{number}")
