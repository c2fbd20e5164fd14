"""The names of the variables, and the two ways to set one: its value, or a file that holds the value.

A misspelt name would be a setting that does nothing. One rule finds it, wherever the name stands: in the environment,
in a framework's configuration, in Django's ``VALETKEY``. A name that looks like one of valetkey's is an error, and the
message says which name it looks like. The sources differ in one point only. In the environment other programs set
names, too: for a service that is called valetkey, Kubernetes sets ``VALETKEY_PORT`` and more in every pod. There a name
that looks like none of valetkey's is logged and ignored. In a configuration of the app it is an error.
"""

from __future__ import annotations

import logging
import re
from collections import ChainMap
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path

from ..providers.built_in import RECIPES
from ..providers.recipe import callback_variable
from .faults import Faults

log = logging.getLogger("valetkey")

_FILE = "_FILE"
_MAX_FILE_BYTES = 64 * 1024

_GENERAL = frozenset(
    {
        "VALETKEY_COOKIE",
        "VALETKEY_DATABASE",
        "VALETKEY_DELIVERY",
        "VALETKEY_IDLE_DAYS",
        "VALETKEY_ORIGINS",
        "VALETKEY_PROVIDERS",
        "VALETKEY_PROXIES",
        "VALETKEY_RELAY",
        "VALETKEY_SECRET",
        "VALETKEY_SESSION_DAYS",
        "VALETKEY_START_LIMIT",
        "VALETKEY_TEMPLATES",
        "VALETKEY_URL",
    }
)


def variables_of(provider: str) -> tuple[str, ...]:
    """The names of the variables that a provider of this name reads, its callback URL among them."""
    of_recipe = RECIPES[provider].variables if provider in RECIPES else ()
    return (*(one.name for one in of_recipe), callback_variable(provider))


SECRETS = frozenset(
    {
        "VALETKEY_SECRET",
        "VALETKEY_DATABASE",  # its address may hold a password
        *(one.name for recipe in RECIPES.values() for one in recipe.variables if one.kind == "secret"),
    }
)
"""The variables whose value may be in a file: ``VALETKEY_SECRET_FILE`` names the file for ``VALETKEY_SECRET``."""

VARIABLES = frozenset(
    {*_GENERAL, *(one for name in RECIPES for one in variables_of(name)), *(f"{name}{_FILE}" for name in SECRETS)}
)
"""Every variable that valetkey reads. A provider that the app makes in Python adds its ``{NAME}_CALLBACK_URL``."""

_PREFIXES = "|".join(name.upper() for name in RECIPES)
_PREFIX = re.compile(rf"(VALETKEY_)?(?:({_PREFIXES})_)?")
_CALLBACK = re.compile(r"[A-Z][A-Z0-9]{0,31}_CALLBACK_URL")

# How alike two names must be, from 0 to 1 (difflib's ratio). In the environment a wrong guess would stop an app for the
# sake of somebody else's variable, so the names must be closer there.
_ALIKE_IN_ENVIRONMENT = 0.8
_ALIKE_IN_CONFIG = 0.6
_ALIKE_WITH_PREFIX = 0.9


def misspelt(
    name: str, known: Collection[str], *, used: Container[str] = (), in_environment: bool = False
) -> str | None:
    """The variable that an unknown name probably stands for.

    Prefixes are left out of the comparison, or any two names with ``VALETKEY_`` would be alike.

    Args:
        name: the unknown name.
        known: the names that exist in this place.
        used: those that this app reads. They come before others that are as similar.
        in_environment: the name is an environment variable.

    Returns:
        The most similar known name, or None where none is similar enough.
    """
    value = name.removesuffix(_FILE)
    if name.endswith(_FILE) and value in known:
        return value  # only secrets may be in a file
    # Nobody misspells SECRET as SECRET_FILE.
    candidates = sorted(one for one in known if one.endswith(_FILE) == name.endswith(_FILE))
    provider, rest = _parts(name)
    best, meant = (0.0, False, False, 0.0), None
    for one in candidates:
        its_provider, its_rest = _parts(one)
        alike = SequenceMatcher(None, rest, its_rest).ratio()
        rank = (alike, provider == its_provider, one in used, SequenceMatcher(None, name, one).ratio())
        if rank > best:
            best, meant = rank, one
    return meant if best[0] >= (_ALIKE_IN_ENVIRONMENT if in_environment else _ALIKE_IN_CONFIG) else None


def _parts(name: str) -> tuple[str | None, str]:
    """The provider in a name, if there is one, and what follows the prefixes."""
    prefix = _PREFIX.match(name)
    return (prefix[2], name[prefix.end() :]) if prefix else (None, name)


def unknown(name: str, meant: str | None, known: Iterable[str] = ()) -> str:
    """The sentence about an unknown name.

    Args:
        name: the name.
        meant: what ``misspelt`` found.
        known: what to list where it found nothing.
    """
    if meant is not None:
        return f"Unknown: {name}. Did you mean {meant}?"
    listed = ", ".join(sorted(known))
    return f"Unknown: {name}." + (f" There are {listed}." if listed else "")


def check_environment(environ: Mapping[str, str], providers: Sequence[str], faults: Faults) -> None:
    """Find misspelt names among environment variables.

    Args:
        environ: the environment.
        providers: the names of the app's providers.
        faults: takes one sentence for each.
    """
    known = VARIABLES | set(map(callback_variable, providers))
    used, others = {one for name in providers for one in variables_of(name)}, []
    for name in sorted(environ):
        if name in known or not _looks_like_ours(name, providers):
            continue
        meant = misspelt(name, known, used=used, in_environment=True)
        if meant is not None:
            faults.add(unknown(name, meant))
        else:
            others.append(name)
    if others:
        log.warning("not settings of valetkey, and not read: %s", ", ".join(others))


def _looks_like_ours(name: str, providers: Iterable[str]) -> bool:
    """Whether a name begins as one of valetkey's. Names that begin as those of a provider that the app does not have
    may belong to another library."""
    prefixes = [f"{one.upper()}_{rest}" for one in providers for rest in ("CONSUMER", "CALLBACK")]
    return name.startswith(("VALETKEY_", *prefixes))


def look_alikes(environ: Mapping[str, str], missing: Iterable[str], providers: Sequence[str]) -> list[str]:
    """Names in the environment that look like a missing variable with its prefix, such as ``VALETKY_SECRET``."""
    names = [name for name in environ if name not in VARIABLES and not _looks_like_ours(name, providers)]
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
    for name, value in config.items():
        is_ours = name in VARIABLES
        if not is_ours and name.startswith("VALETKEY_"):
            faults.add(unknown(name, misspelt(name, VARIABLES)))
        if value is None:
            continue
        if not (is_ours or _CALLBACK.fullmatch(name)):
            if _looks_like_ours(name, RECIPES):
                merged[name] = ""  # for check_environment, which knows what providers the app has
            continue
        parts = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
        if all(isinstance(part, (str, int, float, Path)) and not isinstance(part, bool) for part in parts):
            merged[name] = ",".join(str(part) for part in parts)
            other = name.removesuffix(_FILE) if name.endswith(_FILE) else f"{name}{_FILE}"
            if config.get(other) is None and other in VARIABLES and merged[name]:
                merged.pop(other, None)  # the configuration counts more, whichever of the two ways it uses
        elif is_ours:
            faults.add(f"{name}: give text, a number, or a list of texts.")
    faults.raise_any()
    return merged


def with_files(environ: Mapping[str, str], providers: Iterable[str], faults: Faults) -> Mapping[str, str]:
    """The environment, with the content of each ``NAME_FILE`` as the value of ``NAME``.

    One line end at the end of the file is removed, and nothing else: editors and ``echo`` add it.

    Args:
        environ: the environment.
        providers: the names of the app's providers. The files of others are not read.
        faults: takes a sentence for a file that cannot be used, and for a ``NAME`` that is set both ways.
    """
    read: dict[str, str] = {}
    of_providers = {one for name in providers for one in variables_of(name)}
    for name in sorted(SECRETS & (_GENERAL | of_providers)):
        file = environ.get(f"{name}{_FILE}", "").strip()
        if not file:
            continue
        if environ.get(name, "").strip():
            faults.add(f"{name} and {name}{_FILE} are both set. Unset one of them.")
            continue
        read[name], fault = _content_of(file)
        if fault is not None:
            faults.add(f"{name}{_FILE}: the file {fault}.")
    return ChainMap(read, environ)  # type: ignore[arg-type]  # only read


def _content_of(file: str) -> tuple[str, str | None]:
    """A secret from a file, and what is wrong with the file. A file that cannot be used has a placeholder for content,
    so that the other settings are checked all the same."""
    placeholder = "unusable"
    try:
        with open(file, "rb") as opened:
            content = opened.read(_MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        return placeholder, f"cannot be read ({reason or type(error).__name__})"
    if len(content) > _MAX_FILE_BYTES:
        return placeholder, "is too large for a secret"
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return placeholder, "is not text in UTF-8"
    value = text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
    return (value, None) if value.strip() else (placeholder, "is empty")
