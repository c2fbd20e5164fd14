"""The names of the variables, and the two ways to set one: its value, or a file that holds the value.

A misspelt name would be a setting that does nothing. One rule finds it in every source: the environment, a framework's
configuration, and Django's ``VALETKEY``. A name that looks like one of valetkey's is an error, and the message says
which name it looks like. The sources differ in one point only. Other programs set environment variables, too: for a
service that is called valetkey, Kubernetes sets ``VALETKEY_PORT`` and more in every pod. So in the environment, a name
that is similar to none of valetkey's is logged and ignored. In a configuration of the app it is an error.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Container, Iterable, Mapping
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path

from ..providers.built_in import RECIPES
from ..providers.oidc import recipe_of
from ..providers.recipe import Recipe, callback_variable
from .faults import Faults

log = logging.getLogger("valetkey")

_FILE = "_FILE"
_NAME = re.compile(r"[a-z][a-z0-9]{0,31}")

_GENERAL = frozenset(
    {
        "VALETKEY_COOKIE",
        "VALETKEY_DATABASE",
        "VALETKEY_DELIVERY",
        "VALETKEY_HEALTH",
        "VALETKEY_IDLE_DAYS",
        "VALETKEY_ORIGINS",
        "VALETKEY_PROVIDERS",
        "VALETKEY_PROXIES",
        "VALETKEY_RELAY",
        "VALETKEY_SANDBOX",
        "VALETKEY_SECRET",
        "VALETKEY_SESSION_DAYS",
        "VALETKEY_START_LIMIT",
        "VALETKEY_TEMPLATES",
        "VALETKEY_TITLE",
        "VALETKEY_URL",
    }
)


def variables_of(recipe: Recipe) -> tuple[str, ...]:
    """The names of the variables that a recipe reads, its callback URL and the files of its secrets among them."""
    names = [one.name for one in recipe.variables]
    return (*names, *(f"{name}{_FILE}" for name in secrets_of(recipe)), callback_variable(recipe.name))


def secrets_of(recipe: Recipe) -> tuple[str, ...]:
    return tuple(one.name for one in recipe.variables if one.kind == "secret")


# Every recipe that ships, those over another protocol among them.
_SHIPPED = [one for recipe in RECIPES.values() for one in (recipe, recipe.otherwise) if one is not None]
GENERAL_SECRETS = frozenset({"VALETKEY_SECRET", "VALETKEY_DATABASE"})  # a database's address may hold a password

SECRETS = frozenset({*GENERAL_SECRETS, *(name for recipe in _SHIPPED for name in secrets_of(recipe))})
"""The variables whose value may be in a file: ``VALETKEY_SECRET_FILE`` names the file for ``VALETKEY_SECRET``. A
provider that an app describes with variables alone adds its own."""

VARIABLES = frozenset(
    {
        *_GENERAL,
        *(f"{name}{_FILE}" for name in GENERAL_SECRETS),
        *(name for recipe in _SHIPPED for name in variables_of(recipe)),
    }
)
"""Every variable that valetkey reads. A provider that the app makes in Python adds its ``{NAME}_CALLBACK_URL``, and one
that it describes with variables alone adds those of ``providers/oidc.py``."""

_OURS = "VALETKEY_"
_SWITCH = "VALETKEY_SANDBOX"  # in a configuration it may be True or False
_CALLBACK_URL = "_CALLBACK_URL"
_CALLBACK = re.compile(rf"[A-Z][A-Z0-9]{{0,31}}{_CALLBACK_URL}")

# How similar two names must be, from 0 to 1 (difflib's ratio). In the environment a wrong guess would stop an app
# because of another program's variable, so the names must be closer there.
_ALIKE_IN_ENVIRONMENT = 0.8
_ALIKE_IN_CONFIG = 0.6
_ALIKE_WITH_PREFIX = 0.9


def described(providers: str) -> list[Recipe]:
    """The recipes of the providers that an app describes with variables alone.

    Args:
        providers: the value of ``VALETKEY_PROVIDERS``. A name in it that does not ship may be one.
    """
    names = (one.strip().lower() for one in providers.split(","))
    return [recipe_of(name) for name in names if name not in RECIPES and may_be_described(name)]


def may_be_described(name: str) -> bool:
    """Whether a provider of this name can have variables: ``VALETKEY_TITLE`` would look like one of valetkey's own."""
    return _NAME.fullmatch(name) is not None and name != "valetkey"


def variables_with(providers: str) -> frozenset[str]:
    """Every variable that valetkey reads, with the given value of ``VALETKEY_PROVIDERS``."""
    return VARIABLES.union(*map(variables_of, described(providers)))


def misspelt(
    name: str, known: Collection[str], *, used: Container[str] = (), in_environment: bool = False
) -> str | None:
    """Find the variable that an unknown name probably means.

    Prefixes are left out of the comparison, because any two names with ``VALETKEY_`` would be similar.

    Args:
        name: the unknown name.
        known: the names that exist in this place.
        used: the names that this app reads. They are preferred to others that are equally similar.
        in_environment: the name is an environment variable.

    Returns:
        The most similar known name, or None where none is similar enough.
    """
    value = name.removesuffix(_FILE)
    if name.endswith(_FILE) and value in known:
        return value  # only secrets may be in a file
    # SECRET_FILE is not a misspelling of SECRET.
    candidates = sorted(one for one in known if one.endswith(_FILE) == name.endswith(_FILE))
    providers = _providers_in(known)
    provider, rest = _parts(name, providers)
    best, meant = (0.0, False, False, 0.0), None
    for one in candidates:
        its_provider, its_rest = _parts(one, providers)
        if None not in (provider, its_provider) and provider != its_provider:
            continue  # Apple has no client secret, and Google's is not what APPLE_CLIENT_SECRET means
        alike = SequenceMatcher(None, rest, its_rest).ratio()
        rank = (alike, provider == its_provider, one in used, SequenceMatcher(None, name, one).ratio())
        if rank > best:
            best, meant = rank, one
    return meant if best[0] >= (_ALIKE_IN_ENVIRONMENT if in_environment else _ALIKE_IN_CONFIG) else None


def _providers_in(known: Iterable[str]) -> set[str]:
    """The prefixes of the providers that have variables. Each has one for its callback URL."""
    return {one.removesuffix(_CALLBACK_URL) for one in known if one.endswith(_CALLBACK_URL)}


def _parts(name: str, providers: Container[str]) -> tuple[str | None, str]:
    """The provider in a name, if there is one, and what follows the prefixes."""
    rest = name.removeprefix(_OURS)
    provider, _, after = rest.partition("_")
    return (provider, after) if provider in providers else (None, rest)


def unknown(name: str, meant: str | None, known: Iterable[str] = ()) -> str:
    """The sentence about an unknown name.

    Args:
        name: the name.
        meant: what ``misspelt`` found.
        known: the names to list if it found none.
    """
    if meant is not None:
        return f"Unknown: {name}. Did you mean {meant}?"
    listed = ", ".join(sorted(known))
    return f"Unknown: {name}." + (f" There are {listed}." if listed else "")


def check_environment(
    environ: Mapping[str, str], recipes: Collection[Recipe], own: Iterable[str], faults: Faults
) -> None:
    """Find misspelt names among environment variables.

    Args:
        environ: the environment.
        recipes: those of the app's providers.
        own: the names of the providers that the app makes in Python. They have a callback URL.
        faults: takes one sentence for each.
    """
    used = {one for recipe in recipes for one in variables_of(recipe)}
    known = VARIABLES | used | set(map(callback_variable, own))
    ours = (_OURS, *(f"{one.upper()}_CALLBACK" for one in own), *map(_stem, used))
    theirs = tuple(f"{recipe.name.upper()}_" for recipe in recipes)
    others = []
    for name in sorted(environ):
        if name in known or not name.startswith((*ours, *theirs)):
            continue
        meant = misspelt(name, known, used=used, in_environment=True)
        if meant is not None and (name.startswith(ours) or meant in used):
            faults.add(unknown(name, meant))
        elif name.startswith(ours):
            others.append(name)
    if others:
        log.warning("not settings of valetkey, and not read: %s", ", ".join(others))


def _stem(variable: str) -> str:
    """How a variable's name begins. Names that begin as those of a provider that the app does not have, and other names
    of a provider that it has, such as ``GITHUB_TOKEN``, may belong to another program."""
    return "_".join(variable.split("_")[:2])


def look_alikes(environ: Mapping[str, str], missing: Iterable[str], recipes: Iterable[Recipe]) -> list[str]:
    """Names in the environment that look like a missing variable with its prefix, such as ``VALETKY_SECRET``."""
    used = [one for recipe in recipes for one in variables_of(recipe)]
    ours = (_OURS, *map(_stem, used))  # check_environment finds these
    names = [name for name in environ if name not in VARIABLES and name not in used and not name.startswith(ours)]
    pairs = ((name, get_close_matches(name, names, n=1, cutoff=_ALIKE_WITH_PREFIX)) for name in missing)
    return [unknown(near[0], name) for name, near in pairs if near]


def with_config(environ: Mapping[str, str], config: Mapping[str, object]) -> dict[str, str]:
    """The environment, overridden by what a framework's configuration says under the same names.

    In a configuration a list may be a list, a number may be a number, and None means that nothing is set.

    Args:
        environ: the environment.
        config: the configuration, with settings of other programs in it.

    Returns:
        What ``Settings.from_environment`` reads.

    Raises:
        SettingsError: names every ``VALETKEY_…`` that does not exist, and every value of the wrong type.
            ``Settings.from_environment`` finds the misspelt names of providers.
    """
    faults, merged = Faults(), dict(environ)
    listed = config.get("VALETKEY_PROVIDERS") or environ.get("VALETKEY_PROVIDERS", "")
    known = variables_with(",".join(map(str, _parts_of(listed))))
    providers = _providers_in(known)
    for name, value in config.items():
        is_ours = name in known
        if not is_ours and name.startswith(_OURS):
            faults.add(unknown(name, misspelt(name, known)))
        if value is None:
            continue
        if not (is_ours or _CALLBACK.fullmatch(name)):
            if name.partition("_")[0] in providers:
                merged[name] = ""  # for check_environment, which knows what providers the app has
            continue
        if name == _SWITCH and isinstance(value, bool):
            value = int(value)
        parts = _parts_of(value)
        if all(isinstance(part, (str, int, float, Path)) and not isinstance(part, bool) for part in parts):
            merged[name] = ",".join(str(part) for part in parts)
            other = name.removesuffix(_FILE) if name.endswith(_FILE) else f"{name}{_FILE}"
            if config.get(other) is None and other in known and merged[name]:
                merged.pop(other, None)  # the configuration counts more, whichever of the two ways it uses
        elif is_ours:
            faults.add(f"{name}: give text, a number, or a list of texts.")
    faults.raise_any()
    return merged


def _parts_of(value: object) -> list[object]:
    return list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]
