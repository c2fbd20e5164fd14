"""Reads the variables into the fields of ``Settings``.

How this works. A table has one row for each variable that is not a provider's: its name, the field that it fills, and
the function that reads its text. A function that cannot read its text raises ``SettingsError`` with a sentence. All
sentences are collected before the app stops, so that one start names everything that is missing, wrong or misspelt.

A provider's variables come from its recipe (``providers/record/recipe.py``), so that this module names no provider.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..crypto import Secret
from ..errors import SettingsError
from ..providers.record.built_in import RECIPES
from ..providers.record.provider import Provider
from ..providers.record.recipe import callback_variable
from . import checks
from .faults import Faults
from .misspellings import check_environment
from .outgoing import Outgoing
from .provider_building import make_providers, wrong_values
from .provider_variables import (
    is_set,
    listed,
    missing_sentences,
    names_of_providers,
    recipes_of,
)
from .sandbox import mode as sandbox_mode
from .secret_files import with_files
from .variables import described

DEFAULT_DATABASE = "sqlite:///valetkey.db"
DEFAULT_IDLE_DAYS = 14.0

_DAYS = re.compile(r"(?=\.?[0-9])[0-9]{0,4}(\.[0-9]{0,20})?(e-[0-9]{1,2})?")
_STARTS = re.compile(r"[1-9][0-9]{0,5}")


def _secrets(text: str) -> tuple[Secret, ...]:
    return tuple(Secret(one) for one in listed(text))


def _days(text: str) -> float:
    days = text.strip()
    if not _DAYS.fullmatch(days) or not 0 < float(days) <= checks.MAX_DAYS:
        raise SettingsError(checks.DAYS_FIX)
    return float(days)


def _start_limit(text: str) -> int | None:
    """Starts per minute; None for ``off``."""
    limit = text.strip()
    if limit.lower() == "off":
        return None
    if not _STARTS.fullmatch(limit) or int(limit) > checks.MAX_START_LIMIT:
        raise SettingsError(checks.START_LIMIT_FIX)
    return int(limit)


def _switch(text: str) -> bool:
    """``on`` or ``off``."""
    on = {"on": True, "off": False}.get(text.strip().lower())
    if on is None:
        raise SettingsError("write on or off.")
    return on


_FIELDS: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "VALETKEY_URL": ("url", str.strip),
    "VALETKEY_SECRET": ("secrets", _secrets),
    "VALETKEY_DATABASE": ("database", str.strip),
    "VALETKEY_ORIGINS": ("origins", listed),
    "VALETKEY_DELIVERY": ("delivery", str.strip),
    "VALETKEY_RELAY": ("relay", str.strip),
    "VALETKEY_COOKIE": ("cookie", str),
    "VALETKEY_SESSION_DAYS": ("session_days", _days),
    "VALETKEY_IDLE_DAYS": ("idle_days", _days),
    "VALETKEY_PROXIES": ("proxies", listed),
    "VALETKEY_START_LIMIT": ("start_limit", _start_limit),
    "VALETKEY_TEMPLATES": ("templates", lambda text: Path(text.strip())),
    "VALETKEY_TITLE": ("title", str.strip),
    "VALETKEY_HEALTH": ("health", _switch),
}


def read(
    environ: Mapping[str, str],
    own: Sequence[Provider],
    *,
    read_profile: bool,
    faults: Faults,
    default_port: int = sandbox_mode.DEFAULT_PORT,
) -> dict[str, Any]:
    """Read the fields of ``Settings`` from the environment.

    Args:
        environ: the environment.
        own: the providers that the app makes in Python.
        read_profile: also read name and picture at a provider that needs a separate request for them.
        faults: takes a sentence for each value that cannot be read.
        default_port: where the app listens, in the sandbox mode and if nothing says it.

    Returns:
        The fields by name. A field that no variable sets is not there.

    Raises:
        SettingsError: something required is missing. The error names everything else that was found, too.
    """
    environ, sandbox = sandbox_mode.filled(environ, own, faults, default_port=default_port)
    names = names_of_providers(environ, own, faults)
    recipes = recipes_of(environ, names, own)
    check_environment(environ, recipes.values(), [one.name for one in own], faults)
    values = with_files(environ, recipes.values(), faults)
    callbacks = {name: urls for name in names if (urls := listed(values.get(callback_variable(name), "")))}
    fields: dict[str, Any] = {"callbacks": callbacks, "outgoing": Outgoing.from_environment(environ)}
    if sandbox is not None:
        fields["sandbox_at"] = sandbox
    for variable, (field, parse) in _FIELDS.items():
        if is_set(values, variable):
            try:
                fields[field] = parse(values[variable])
            except SettingsError as error:
                faults.add(f"{variable}: {error.hint}")
    addresses = (fields.get("url", ""), *(url for urls in callbacks.values() for url in urls))
    wrong = wrong_values(values, recipes.values(), is_public=checks.is_public_app(addresses))
    faults.add(*wrong.values())
    missing, misspelt = missing_sentences(values, recipes, has_address=any(addresses))
    faults.add_missing(*missing)
    faults.add(*misspelt)
    if missing and sandbox_mode.may_help(values, recipes.values(), addresses):
        faults.add_missing(sandbox_mode.TRY_IT)
    if missing or not names:
        faults.raise_any()
    fields["providers"] = make_providers(
        values, names, recipes, own, without=wrong, read_profile=read_profile, faults=faults
    )
    return fields


def database_of(environ: Mapping[str, str]) -> str:
    """The database's address, for a command that needs no other setting.

    Raises:
        SettingsError: ``VALETKEY_DATABASE_FILE`` cannot be used.
    """
    faults = Faults()
    values = with_files({name: environ[name] for name in environ if name.startswith("VALETKEY_DATABASE")}, (), faults)
    faults.raise_any()
    default = sandbox_mode.DATABASE if sandbox_mode.is_on(environ) else DEFAULT_DATABASE
    return values.get("VALETKEY_DATABASE") or default


def idle_days_of(environ: Mapping[str, str]) -> float:
    """After how many days without use a session ends, for code that needs no other setting.

    Raises:
        SettingsError: ``VALETKEY_IDLE_DAYS`` is not a number of days.
    """
    if not is_set(environ, "VALETKEY_IDLE_DAYS"):
        return DEFAULT_IDLE_DAYS
    try:
        return _days(environ["VALETKEY_IDLE_DAYS"])
    except SettingsError as error:
        raise SettingsError(f"VALETKEY_IDLE_DAYS: {error.hint}") from None


def addresses_of(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The app's addresses as variables say them, unchecked: ``VALETKEY_URL`` and every callback URL of a provider that
    ships with valetkey, or that variables describe."""
    variables = ["VALETKEY_URL", *map(callback_variable, _names(environ))]
    return tuple(url for name in variables for url in listed(environ.get(name, "")))


def _names(environ: Mapping[str, str]) -> list[str]:
    return [*RECIPES, *(one.name for one in described(environ.get("VALETKEY_PROVIDERS", "")))]


def prefix_of(environ: Mapping[str, str], default: str = "/auth") -> str:
    """The path of the routes, by the first callback URL that ends as one of its provider's does.

    Args:
        environ: the environment.
        default: where no callback URL is set.
    """
    try:
        above = urlsplit(environ.get("VALETKEY_URL", "").strip()).path.rstrip("/")
        for name in _names(environ):
            for url in listed(environ.get(callback_variable(name), ""))[:1]:
                path = urlsplit(url).path.removesuffix("/return")
                if path.startswith(above) and path.endswith(f"/{name}"):
                    return path.removeprefix(above).removesuffix(f"/{name}")
    except ValueError:
        pass  # a malformed address is reported when the settings are read
    return default
