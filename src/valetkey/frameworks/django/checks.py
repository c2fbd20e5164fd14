"""System checks for ``manage.py check``, ``runserver`` and ``check --deploy``.

Each message says what to change. None contains the value of a setting.

valetkey.E001  a setting is wrong or missing                    valetkey.W001  SignInMiddleware is missing
valetkey.E002  VALETKEY has an unknown key                      valetkey.W002  DEBUG is on at a public address
valetkey.E003  the secret is weak                               valetkey.W003  Django takes https for http (deploy)
valetkey.E004  the routes are not where the callback URL says   valetkey.W004  the callback URL is http (deploy)
valetkey.E005  RESOLVE_ACCOUNT, or a user model that needs it  valetkey.W005  keys are missing, and DEBUG is on
valetkey.E006  the order of MIDDLEWARE
valetkey.E007  the app does not let sign-in through
valetkey.E008  valetkey's database (with --database)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, Warning

from ...errors import NotConfigured, SettingsError, StoreError
from ...settings import Settings
from ...storage import migration
from . import conf, mounting, starting
from .user_model import UserModel

SIGN_IN = "valetkey.frameworks.django.middleware.SignInMiddleware"
AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"
_TAG = "valetkey"

_WRITE_ONE = (
    'Write a function that gets or creates the user, and name it: VALETKEY = {"RESOLVE_ACCOUNT": '
    '"people.sign_in.resolve_account"}.'
)

Apps = Sequence[AppConfig] | None


def register() -> None:
    """Register the checks with Django."""
    checks.register(check_settings, _TAG)
    checks.register(check_app, _TAG)
    checks.register(check_deployment, _TAG, deploy=True)
    checks.register(check_database, Tags.database)


def check_settings(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """E001, E002, E003, E005, E006 and W001: the settings alone."""
    try:
        found: list[CheckMessage] = [_error("E002", sentence) for sentence in conf.unknown_keys()]
    except SettingsError as wrong:
        return [_settings_error(wrong.hint)]
    try:
        if not found:
            conf.read_settings()
    except NotConfigured as missing:
        found.append(_not_configured(missing))
    except SettingsError as wrong:
        found += map(_settings_error, wrong.hint.splitlines())
    found += _resolver_faults()
    found += _middleware_faults(list(django_settings.MIDDLEWARE))
    return found


def check_app(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """E004, E007 and W002: the routes, and the start-up check. It uses no database of Django's."""
    settings, missing = _settings(), conf.not_configured()
    if settings is None and missing is None:
        return []
    if _middleware_faults(list(django_settings.MIDDLEWARE)) or _resolver_faults():
        return []
    misplaced = mounting.misplaced(settings) if settings is not None else None
    if misplaced is not None:
        return [_error("E004", misplaced)]
    try:
        conf.sign_in()
    except SettingsError as wrong:
        return [*map(_settings_error, wrong.hint.splitlines())]
    if settings is None:
        return []
    found: list[CheckMessage] = [_error("E007", sentence) for sentence in starting.faults()]
    if django_settings.DEBUG and settings.secure:
        found.append(
            _warning(
                "W002",
                "DEBUG is on, and the callback URL is public. Django's error pages show settings and the values of "
                "variables.",
                "Set DEBUG = False on a public server.",
            )
        )
    return found


def check_deployment(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """W003 and W004, and E001 where ``DEBUG`` has made a warning of it, for ``check --deploy``."""
    settings = _settings()
    if settings is None:
        missing = conf.not_configured()
        return [] if missing is None else [_not_configured(missing, is_deployed=True)]
    if not settings.secure:
        return [
            _warning(
                "W004",
                "The callback URL is http, which works on this machine only.",
                "Set VALETKEY_URL (or TWITTER_CALLBACK_URL) to the app's public address, with https.",
            )
        ]
    if django_settings.SECURE_PROXY_SSL_HEADER is None:
        return [
            _warning(
                "W003",
                "The callback URL is https, and SECURE_PROXY_SSL_HEADER is not set. Behind a proxy, Django takes every "
                "request for http and refuses its own forms.",
                "Let the proxy set the header, and set "
                'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https"). Silence this check if there is no '
                "proxy in front of Django.",
            )
        ]
    return []


def check_database(app_configs: Apps, databases: Iterable[str] | None = None, **_: Any) -> list[CheckMessage]:
    """E008, for ``check --database``."""
    settings = _settings()
    if settings is None or not databases:
        return []
    try:
        found = migration(settings.database)
    except (SettingsError, StoreError) as fault:
        return [_error("E008", fault.hint)]
    if found.found == found.known or (found.found < found.known and settings.database.startswith("sqlite:")):
        return []  # SQLite is migrated at start
    return [
        _error(
            "E008",
            f"valetkey's database is at version {found.found}, and must be at version {found.known}.",
            "Run: manage.py valetkey migrate",
        )
    ]


def _settings() -> Settings | None:
    """The settings. None where they are wrong, which check_settings reports."""
    try:
        return conf.read_settings()
    except SettingsError:
        return None


def _resolver_faults() -> list[CheckMessage]:
    try:
        conf.resolver()
    except SettingsError as wrong:
        return [_error("E005", wrong.hint)]
    return [*_user_model_faults(), *_email_faults()] if conf.resolves_by_itself() else []


def _user_model_faults() -> list[CheckMessage]:
    """What a new user needs, and a sign-in does not provide."""
    hint = f'{_WRITE_ONE} If the model sets it in save(), name ours there: "{conf.DEFAULT_RESOLVER}".'
    return [
        _error("E005", f"A new user needs {one}, and a sign-in does not provide it.", hint)
        for one in _user_model().missing()
    ]


def _email_faults() -> list[CheckMessage]:
    """Providers that send no verified address, for a user model that needs one. Not in a test run, whose providers the
    project may not have."""
    about, settings = _user_model(), _settings()
    if settings is None or conf.is_standing_in():
        return []
    found: list[CheckMessage] = []
    for field, silent in about.without_email(settings.providers).items():
        titles = " and ".join(one.title for one in silent)
        switches = [f"{name}=on" for one in silent for name in conf.email_switches(one.name)]
        ways = [f"Set {', '.join(switches)}."] if switches else []
        ways += ["Or take" if ways else "Take", "these providers out of VALETKEY_PROVIDERS. Or w" + _WRITE_ONE[1:]]
        found.append(
            _error(
                "E005",
                f"{about.label}.{field} needs an e-mail address, and no verified one comes from {titles}.",
                " ".join(ways),
            )
        )
    return found


def _user_model() -> UserModel:
    return UserModel(get_user_model())


def _middleware_faults(names: list[str]) -> list[CheckMessage]:
    middleware = [_moved(name) for name in names]
    if SIGN_IN not in middleware:
        return [
            _warning(
                "W001",
                "SignInMiddleware is not in MIDDLEWARE, so request.user is not the user who signed in.",
                f'Add "{SIGN_IN}" after "{AUTHENTICATION}".',
            )
        ]
    if AUTHENTICATION in middleware[middleware.index(SIGN_IN) :] or AUTHENTICATION not in middleware:
        return [
            _error(
                "E006",
                "SignInMiddleware must come after AuthenticationMiddleware.",
                f'Put "{SIGN_IN}" right after "{AUTHENTICATION}".',
            )
        ]
    return []


def _moved(name: str) -> str:
    """A name in a project that still uses the old path of this package, as it is now."""
    return name.replace("valetkey.web.django.", "valetkey.frameworks.django.", 1)


def _not_configured(missing: NotConfigured, *, is_deployed: bool = False) -> CheckMessage:
    """W005 for a project under development, so that its other commands go on. E001 for one that users sign in to."""
    sentence, _, hint = missing.hint.partition("\n")
    if django_settings.DEBUG and not is_deployed:
        return Warning(f"Nobody can sign in yet. {sentence}", hint=hint.replace("\n", " "), id="valetkey.W005")
    return _error("E001", sentence, hint.replace("\n", " ") or None)


def _settings_error(sentence: str) -> Error:
    return _error("E003" if sentence.startswith(("SECRET_KEY", "VALETKEY_SECRET")) else "E001", sentence)


def _error(number: str, sentence: str, hint: str | None = None) -> Error:
    """Without a hint, the sentence itself says what to change."""
    return Error(sentence, hint=hint, id=f"valetkey.{number}")


def _warning(number: str, sentence: str, hint: str) -> Warning:
    return Warning(sentence, hint=hint, id=f"valetkey.{number}")
