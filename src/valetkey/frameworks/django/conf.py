"""Reads ``VALETKEY`` from Django's settings and the environment, and builds the sign-in of the project.

The keys of the dict are the names of the environment variables without ``VALETKEY_``, and two more that need Python.
The dict takes precedence over the environment. An unknown key is an error, so that a misspelt setting is not ignored.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings as django_settings
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string

from ...crypto.entropy import is_guessable
from ...errors import SettingsError
from ...models import Identity
from ...providers.built_in import RECIPES
from ...settings import Settings
from ...settings.environment import addresses_of, prefix_of
from ...settings.variables import misspelt, unknown, variables_with, with_config
from ..wsgi import SyncSignIn
from . import mounting

User = Any  # whatever AUTH_USER_MODEL names
ResolveUser = Callable[[Identity, str], User]

_OURS = ("READ_PROFILE", "RESOLVE_ACCOUNT")
DEFAULT_RESOLVER = "valetkey.frameworks.django.users.resolve_account"
_SECRET_BYTES = 32
_INSECURE = "django-insecure-"

uses_our_asgi = False  # asgi.py calls our get_asgi_application, and not Django's


def unknown_keys() -> list[str]:
    """A sentence for each key of the dict that is unknown."""
    known = [*_variables(), *_OURS]
    return [
        unknown(f"VALETKEY[{key!r}]", misspelt(str(key).upper(), known), known) for key in _dict() if key not in known
    ]


def read_settings() -> Settings:
    """The settings of the project.

    Raises:
        SettingsError: something is wrong; the message lists all of it.
    """
    sentences = unknown_keys()
    if sentences:
        raise SettingsError("\n".join(sentences))
    names = _variables()
    variables = with_config(os.environ, {names[key]: value for key, value in _dict().items() if key in names})
    if not variables.get("VALETKEY_SECRET") and not variables.get("VALETKEY_SECRET_FILE"):
        variables["VALETKEY_SECRET"] = ",".join(_secrets_of_django(variables))
    return Settings.from_environment(
        variables,
        # The urlconf knows where the routes are, but it is not loaded yet. mounting.py compares the two.
        prefix=prefix_of(variables),
        read_profile=bool(_dict().get("READ_PROFILE", False)),
    )


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
    """The project's ``resolve_account(identity, account_id)``, or ours.

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
    return resolve


def email_switches(provider: str) -> list[str]:
    """The variables that let a provider send e-mail addresses, if it has such a switch."""
    recipe = RECIPES.get(provider)
    variables = recipe.variables if recipe is not None else ()
    return [one.name for one in variables if one.argument == "include_email"]


def resolves_by_itself() -> bool:
    """Whether our own function creates the users, and not one of the project."""
    return not _dict().get("RESOLVE_ACCOUNT")


@functools.cache
def sign_in() -> SyncSignIn:
    """The sign-in of the project. It is built once in a process.

    Raises:
        SettingsError: something is wrong; the message lists all of it.
    """
    from .users import resolve_user  # it needs the models, which Django loads after the apps

    resolve = resolver()
    return SyncSignIn(mounting.placed(read_settings()), resolve_account=functools.partial(resolve_user, resolve))


def forget(*, setting: str | None = None, **_: object) -> None:
    """Close the sign-in, because a test has changed a setting. The next use builds a new one."""
    if setting in (None, "VALETKEY", "SECRET_KEY", "SECRET_KEY_FALLBACKS") and sign_in.cache_info().currsize:
        sign_in().close()
        sign_in.cache_clear()


def _dict() -> Mapping[str, Any]:
    said = getattr(django_settings, "VALETKEY", {})
    if not isinstance(said, Mapping):
        raise SettingsError("VALETKEY must be a dict.")
    return said
