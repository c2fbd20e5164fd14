"""What ``VALETKEY`` in Django's settings says, over what the environment says; and the one whole that is built of it.

The dict's keys are the README's variables without ``VALETKEY_``, and two that only Python can say. One it does not know
is an error: a misspelt key must not be a setting that was never made.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings as django_settings
from django.urls import NoReverseMatch, reverse
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string

from ...crypto.entropy import is_guessable
from ...errors import SettingsError
from ...models import Identity
from ...settings import Settings
from ...settings.environment import addresses_of, prefix_of
from ...settings.variables import VARIABLES, misspelt, unknown, with_config
from ..wsgi import Blocking

User = Any  # whatever AUTH_USER_MODEL names
ResolveUser = Callable[[Identity, str], User]

_VARIABLE_OF = {name.removeprefix("VALETKEY_"): name for name in VARIABLES}
_OURS = ("READ_PROFILE", "RESOLVE_ACCOUNT")
_DEFAULT_RESOLVER = "valetkey.frameworks.django.users.resolve_account"
_SECRET_BYTES = 32
_INSECURE = "django-insecure-"

lands_under_asgi = False  # our get_asgi_application was asked, and not Django's


def unknown_keys() -> list[str]:
    """A sentence for each key of the dict that is none."""
    known = [*_VARIABLE_OF, *_OURS]
    return [
        unknown(f"VALETKEY[{key!r}]", misspelt(str(key).upper(), known), known) for key in _dict() if key not in known
    ]


def read_settings() -> Settings:
    """
    Raises:
        SettingsError: with everything that is wrong.
    """
    sentences = unknown_keys()
    if sentences:
        raise SettingsError("\n".join(sentences))
    variables = with_config(
        os.environ, {_VARIABLE_OF[key]: value for key, value in _dict().items() if key in _VARIABLE_OF}
    )
    if not variables.get("VALETKEY_SECRET") and not variables.get("VALETKEY_SECRET_FILE"):
        variables["VALETKEY_SECRET"] = ",".join(_secrets_of_django(variables))
    return Settings.from_environment(
        variables,
        # Where it is mounted is known to the urlconf, which is not read yet: misplaced() compares them.
        prefix=prefix_of(variables),
        read_profile=bool(_dict().get("READ_PROFILE", False)),
    )


def _secrets_of_django(variables: Mapping[str, str]) -> list[str]:
    """Subkeys of ``SECRET_KEY`` and its fallbacks, where no secret of our own is set.

    Raises:
        SettingsError: they are for development only.
    """
    keys = [django_settings.SECRET_KEY, *django_settings.SECRET_KEY_FALLBACKS]
    public = any(url.lower().startswith("https:") for url in addresses_of(variables))
    if any(_is_weak(key) or (public and key.startswith(_INSECURE)) for key in keys):
        raise SettingsError(
            f"SECRET_KEY, or one of its fallbacks, is too weak to sign people in with: it needs {_SECRET_BYTES} random "
            "bytes, not words or a repetition, and not the one that startproject wrote. "
            "Or set VALETKEY_SECRET, from: manage.py valetkey secret"
        )
    return [
        salted_hmac("valetkey.frameworks.django", "secret", secret=key, algorithm="sha256").hexdigest() for key in keys
    ]


def _is_weak(key: str) -> bool:
    return len(key) < _SECRET_BYTES or is_guessable(key.removeprefix(_INSECURE))


def resolver() -> ResolveUser:
    """The app's ``resolve_account(identity, account_id)``, or ours.

    Raises:
        SettingsError: what is named is not there, or is no plain function.
    """
    name = _dict().get("RESOLVE_ACCOUNT") or _DEFAULT_RESOLVER
    try:
        found = import_string(name) if isinstance(name, str) else name
    except ImportError as missing:
        raise SettingsError(f"RESOLVE_ACCOUNT: {missing}") from missing
    if not callable(found) or inspect.iscoroutinefunction(found):
        raise SettingsError(f"RESOLVE_ACCOUNT: {name} must be a plain function of (identity, account_id).")
    resolve: ResolveUser = found
    return resolve


def resolves_by_itself() -> bool:
    """Whether the users are made by our own function, and not by one of the app's."""
    return not _dict().get("RESOLVE_ACCOUNT")


@functools.cache
def sign_in() -> Blocking:
    """The whole, built once in a process.

    Raises:
        SettingsError
    """
    from .users import resolve_user  # models, which are not loaded before all apps are

    resolve = resolver()
    return Blocking(read_settings(), resolve_account=functools.partial(resolve_user, resolve))


def forget(*, setting: str | None = None, **_: object) -> None:
    """Build anew: a test has changed a setting."""
    if setting in (None, "VALETKEY", "SECRET_KEY", "SECRET_KEY_FALLBACKS") and sign_in.cache_info().currsize:
        sign_in().close()
        sign_in.cache_clear()


def mounted_at() -> str | None:
    """The prefix of our urls, by the urlconf; None where they are not in it."""
    try:
        return reverse("valetkey:answer", args=[""]).rstrip("/")
    except NoReverseMatch:
        return None


def misplaced(settings: Settings) -> str | None:
    """A sentence, where the callback comes back to another path than our urls are at. The server may put a path of its
    own before them (``SCRIPT_NAME``)."""
    mounted = mounted_at()
    if mounted is None:
        return (
            "The routes are not in the urlconf. "
            f'Add path("{settings.prefix.strip("/")}/", include("valetkey.frameworks.django.urls")).'
        )
    if settings.prefix == mounted or (mounted and settings.prefix.endswith(mounted)):
        return None
    return (
        f"The callback URL says that the routes are at {settings.prefix}/, and the urlconf has them at {mounted}/. "
        "Change one of them; the callback URL also in the provider's settings."
    )


def _dict() -> Mapping[str, Any]:
    said = getattr(django_settings, "VALETKEY", {})
    if not isinstance(said, Mapping):
        raise SettingsError("VALETKEY must be a dict.")
    return said
