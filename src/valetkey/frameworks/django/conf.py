"""Reads ``VALETKEY`` from Django's settings and the environment, and builds the sign-in of the project.

The keys of the dict are the names of the environment variables without ``VALETKEY_``, and two more that need Python.
The dict takes precedence over the environment. An unknown key is an error, so that a misspelt setting is not ignored.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from django.conf import settings as django_settings
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string

from ...crypto.entropy import is_guessable
from ...errors import NotConfigured, SettingsError
from ...login.current_user import require_signature, takes_current_user
from ...providers.record.built_in import RECIPES
from ...settings import Settings
from ...settings.environment import addresses_of, prefix_of
from ...settings.framework_config import with_config
from ...settings.misspellings import misspelt, unknown
from ...settings.variables import variables_with
from ..wsgi import SyncSignIn
from . import mounting, stand_ins, test_run

User = Any  # whatever AUTH_USER_MODEL names
ResolveUser = Callable[..., User]  # of (identity, account_id), or of (identity, account_id, current_user)

_OURS = ("READ_PROFILE", "RESOLVE_ACCOUNT")
DEFAULT_RESOLVER = "valetkey.frameworks.django.users.resolve_account"
_SECRET_BYTES = 32
_INSECURE = "django-insecure-"

_WITHOUT_KEYS = "without keys"
_built: dict[Hashable, SyncSignIn] = {}  # by what it depends on

uses_our_asgi = False  # asgi.py calls our get_asgi_application, and not Django's


def unknown_keys() -> list[str]:
    """A sentence for each key of the dict that is unknown."""
    known = [*_variables(), *_OURS]
    return [
        unknown(f"VALETKEY[{key!r}]", misspelt(str(key).upper(), known), known) for key in _dict() if key not in known
    ]


def read_settings() -> Settings:
    """The settings of the project.

    In a test run they are those of ``test_run.py``.

    Raises:
        NotConfigured: keys or the address are missing, and all else is right.
        SettingsError: something is wrong; the message lists all of it.
    """
    variables = _all_variables()
    try:
        return _settings(variables)
    except NotConfigured as missing:
        try:
            _settings(stand_ins.with_placeholder_keys(variables))
        except SettingsError as wrong:
            raise SettingsError(f"{missing.hint}\n{wrong.hint}") from None
        raise


def settings_in_use() -> Settings:
    """As ``read_settings``. In a project under development without keys, with keys that lead nowhere.

    Raises:
        NotConfigured: keys or the address are missing, and all else is right. ``DEBUG`` is off.
        SettingsError: something is wrong; the message lists all of it.
    """
    return read_settings() if not_configured() is None else _settings(stand_ins.with_placeholder_keys(_all_variables()))


def _all_variables() -> dict[str, str]:
    """The environment with what the dict says, and what this module fills in.

    Raises:
        SettingsError: the dict, or ``SECRET_KEY``, is wrong.
    """
    sentences = unknown_keys()
    if sentences:
        raise SettingsError("\n".join(sentences))
    variables = _variables_as_set()
    if test_run.stands_in_for(variables):
        variables = test_run.in_place_of(variables)
    if not variables.get("VALETKEY_SECRET") and not variables.get("VALETKEY_SECRET_FILE"):
        variables["VALETKEY_SECRET"] = ",".join(_secrets_of_django(variables))
    return variables


def _variables_as_set() -> dict[str, str]:
    names = _variables()
    said = {names[key]: _as_variable(value) for key, value in _dict().items() if key in names}
    return with_config(os.environ, said)


def _settings(variables: Mapping[str, str]) -> Settings:
    return Settings.from_environment(
        variables,
        # The urlconf knows where the routes are, but it is not loaded yet. mounting.py compares the two.
        prefix=prefix_of(variables),
        read_profile=bool(_dict().get("READ_PROFILE", False)),
    )


def is_standing_in() -> bool:
    """Whether the providers are those of a test run, and not the project's own."""
    return test_run.stands_in_for(_variables_as_set())


def _as_variable(value: object) -> object:
    """A switch of the dict may be True or False."""
    return value if not isinstance(value, bool) else "on" if value else ""


def _variables() -> dict[str, str]:
    """The variables that the keys of the dict stand for."""
    listed = _dict().get("PROVIDERS") or os.environ.get("VALETKEY_PROVIDERS", "")
    names = variables_with(listed if isinstance(listed, str) else ",".join(map(str, listed)))
    return {name.removeprefix("VALETKEY_"): name for name in names}


def _secrets_of_django(variables: Mapping[str, str]) -> list[str]:
    """Secrets derived from ``SECRET_KEY`` and its fallbacks, for a project that sets no ``VALETKEY_SECRET``.

    Raises:
        SettingsError: one of them is weak.
    """
    keys = [django_settings.SECRET_KEY, *django_settings.SECRET_KEY_FALLBACKS]
    public = any(url.lower().startswith("https:") for url in addresses_of(variables))
    if any(_is_weak(key) or (public and key.startswith(_INSECURE)) for key in keys):
        raise SettingsError(
            f"SECRET_KEY, or one of its fallbacks, is too weak: it needs {_SECRET_BYTES} random "
            "bytes, not words or a repetition, and not the one that startproject wrote. "
            "Or set VALETKEY_SECRET, from: manage.py valetkey secret"
        )
    # The salt keeps the first version's module name: another one would sign every user out.
    return [salted_hmac("valetkey.web.django", "secret", secret=key, algorithm="sha256").hexdigest() for key in keys]


def _is_weak(key: str) -> bool:
    return len(key) < _SECRET_BYTES or is_guessable(key.removeprefix(_INSECURE))


def resolver() -> ResolveUser:
    """The project's ``resolve_account(identity, account_id)``, which may also take ``current_user``, or ours.

    Raises:
        SettingsError: ``RESOLVE_ACCOUNT`` does not exist, or is not a plain function.
    """
    name = _dict().get("RESOLVE_ACCOUNT") or DEFAULT_RESOLVER
    try:
        found = import_string(name) if isinstance(name, str) else name
    except ImportError as missing:
        raise SettingsError(f"RESOLVE_ACCOUNT: {missing}") from missing
    if not callable(found) or inspect.iscoroutinefunction(found):
        raise SettingsError(f"RESOLVE_ACCOUNT: {name} must be a plain function of (identity, account_id).")
    resolve: ResolveUser = found
    require_signature(resolve, finds_user=takes_current_user(resolve))
    return resolve


def email_switches(provider: str) -> list[str]:
    """The variables that let a provider send e-mail addresses, if it has such a switch."""
    recipe = RECIPES.get(provider)
    variables = recipe.variables if recipe is not None else ()
    return [one.name for one in variables if one.argument == "include_email"]


def resolves_by_itself() -> bool:
    """Whether our own function creates the users, and not one of the project."""
    return not _dict().get("RESOLVE_ACCOUNT")


def sign_in() -> SyncSignIn:
    """The sign-in of the project. It is built once in a process, and once more if a test run begins.

    In a project under development that has no keys yet, nobody is signed in, and all else works.

    Raises:
        NotConfigured: keys or the address are missing, and all else is right. ``DEBUG`` is off.
        SettingsError: something is wrong; the message lists all of it.
    """
    # One that is built with the keys says that they are there. Most calls end here.
    found = _built.get(key := test_run.key())
    if found is not None:
        return found
    if not_configured() is not None:
        key = _WITHOUT_KEYS
    found = _built.get(key)
    if found is None:
        found = _built[key] = _new_sign_in(settings_in_use())
    return found


def not_configured() -> NotConfigured | None:
    """What is not set, in a project under development (``DEBUG``) that has no keys yet. None if the keys are there,
    and if something is wrong, which stops the start."""
    return _not_configured() if django_settings.DEBUG and not test_run.is_on() else None


@functools.cache
def _not_configured() -> NotConfigured | None:
    try:
        read_settings()
    except NotConfigured as missing:
        return missing
    except SettingsError:
        return None
    return None


def _new_sign_in(settings: Settings) -> SyncSignIn:
    from .users import resolver_of  # it needs the models, which Django loads after the apps

    resolve = resolver()
    return SyncSignIn(
        mounting.placed(settings), resolve_account=resolver_of(resolve), finds_user=takes_current_user(resolve)
    )


def forget(*, setting: str | None = None, **_: object) -> None:
    """Close the sign-in, because a test has changed a setting. The next use builds a new one."""
    if setting in (None, "VALETKEY", "SECRET_KEY", "SECRET_KEY_FALLBACKS"):
        _not_configured.cache_clear()
        for key in [one for one in _built if test_run.is_of_this_process(one)]:
            _built.pop(key).close()


def _dict() -> Mapping[str, Any]:
    said = getattr(django_settings, "VALETKEY", {})
    if not isinstance(said, Mapping):
        raise SettingsError("VALETKEY must be a dict.")
    return said
