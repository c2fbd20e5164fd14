"""Misspelt names of variables: what each probably means.

A misspelt name would be a setting that does nothing. One rule finds it in every source: the environment, a framework's
configuration, and Django's ``VALETKEY``. A name that looks like one of valetkey's is an error, and the message says
which name it looks like. The sources differ in one point only. Other programs set environment variables, too: for a
service that is called valetkey, Kubernetes sets ``VALETKEY_PORT`` and more in every pod. So in the environment, a name
that is similar to none of valetkey's is logged and ignored. In a configuration of the app it is an error.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Container, Iterable, Mapping
from difflib import SequenceMatcher, get_close_matches

from ..providers.record.recipe import Recipe, callback_variable
from .faults import Faults
from .variables import FILE_SUFFIX, GENERAL, PREFIX, shipped_variables, variables_of

log = logging.getLogger("valetkey")

_CALLBACK_URL = "_CALLBACK_URL"

# How similar two names must be, from 0 to 1 (difflib's ratio). In the environment a wrong guess would stop an app
# because of another program's variable, so the names must be closer there.
_ALIKE_IN_ENVIRONMENT = 0.8
_ALIKE_IN_CONFIG = 0.6
_ALIKE_WITH_PREFIX = 0.9


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
    value = name.removesuffix(FILE_SUFFIX)
    if name.endswith(FILE_SUFFIX) and value in known:
        return value  # only secrets may be in a file
    # SECRET_FILE is not a misspelling of SECRET.
    candidates = sorted(one for one in known if one.endswith(FILE_SUFFIX) == name.endswith(FILE_SUFFIX))
    providers = providers_in(known)
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


def providers_in(known: Iterable[str]) -> set[str]:
    """The prefixes of the providers that have variables. Each has one for its callback URL."""
    return {one.removesuffix(_CALLBACK_URL) for one in known if one.endswith(_CALLBACK_URL)}


def _parts(name: str, providers: Container[str]) -> tuple[str | None, str]:
    """The provider in a name, if there is one, and what follows the prefixes."""
    rest = name.removeprefix(PREFIX)
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
    read = GENERAL | used | set(map(callback_variable, own))
    ours = (PREFIX, *(f"{one.upper()}_CALLBACK" for one in own), *map(_stem, used))
    theirs = tuple(f"{recipe.name.upper()}_" for recipe in recipes)
    shipped = {f"{recipe.name.upper()}_ISSUER": recipe for recipe in recipes}
    others = []
    for name in sorted(environ):
        if name in read or not name.startswith((*ours, *theirs)):
            continue
        if name in shipped:
            faults.add(_not_described(name, shipped[name], used))
            continue
        known = shipped_variables() | read
        if name in known:
            continue
        meant = misspelt(name, known, used=used, in_environment=True)
        if meant is not None and (name.startswith(ours) or meant in used):
            faults.add(unknown(name, meant))
        elif name.startswith(ours):
            others.append(name)
    if others:
        log.warning("not settings of valetkey, and not read: %s", ", ".join(others))


def _not_described(name: str, recipe: Recipe, used: Container[str]) -> str:
    """The sentence for the issuer of a server that has the name of a provider which ships. Its users must not become
    those of the provider: an account belongs to the name and the id."""
    elsewhere = f"{PREFIX}{name}"
    return (
        unknown(name, elsewhere if elsewhere in used else None)
        + f" An OpenID Connect server of your own needs another name than {recipe.name}: its users and those of "
        f"{recipe.title} may have the same ids."
    )


def _stem(variable: str) -> str:
    """How a variable's name begins. Names that begin as those of a provider that the app does not have, and other names
    of a provider that it has, such as ``GITHUB_TOKEN``, may belong to another program."""
    return "_".join(variable.split("_")[:2])


def look_alikes(environ: Mapping[str, str], missing: Iterable[str], recipes: Iterable[Recipe]) -> list[str]:
    """Names in the environment that look like a missing variable with its prefix, such as ``VALETKY_SECRET``.

    Args:
        environ: the environment.
        missing: the names of the variables that are required and not there.
        recipes: the providers, whose own variables are no misspelling.

    Returns:
        One line for each.
    """
    used = [one for recipe in recipes for one in variables_of(recipe)]
    ours = (PREFIX, *map(_stem, used))  # check_environment finds these
    known = shipped_variables()
    names = [name for name in environ if name not in known and name not in used and not name.startswith(ours)]
    pairs = ((name, get_close_matches(name, names, n=1, cutoff=_ALIKE_WITH_PREFIX)) for name in missing)
    return [unknown(near[0], name) for name, near in pairs if near]
