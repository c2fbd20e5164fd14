"""Builds an app's providers from the values of their variables, once these have been checked."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from ..crypto import Secret
from ..errors import SettingsError
from ..providers.record.provider import Provider, title_fault
from ..providers.record.recipe import Recipe, Variable
from .addresses import base_faults, issuer_faults, origin_faults
from .checks import sandbox_faults
from .faults import Faults
from .provider_variables import is_set
from .secret_files import UNREADABLE

log = logging.getLogger("valetkey")

_PLACEHOLDER = "https://unusable.invalid"
_ADDRESSES: Mapping[str, Callable[[str, str], list[str]]] = {
    "origin": origin_faults,
    "base": partial(base_faults, is_apps=False),
    "issuer": issuer_faults,
}


def wrong_values(environ: Mapping[str, str], recipes: Iterable[Recipe], *, is_public: bool) -> dict[str, str]:
    """The variables of providers whose value cannot be used: a malformed address, or a switch that is not on or off.

    Args:
        environ: the environment.
        recipes: those of the app's providers.
        is_public: the app is public, so that no provider of it may be a sandbox.

    Returns:
        A sentence for each, by the variable's name.
    """
    found = {}
    for recipe in recipes:
        for one in recipe.variables:
            if one.kind in _ADDRESSES and is_set(environ, one.name):
                value = environ[one.name]
                # Requests are signed over these very characters, and issuers are compared, so nothing is normalised.
                faults = _ADDRESSES[one.kind](one.name, value)
                if not faults and value.endswith("/") and one.kind != "issuer":
                    faults = [f"{one.name}: leave out the slash at the end."]
                if not faults and is_public:
                    faults = sandbox_faults({one.name: value})
                if faults:
                    found[one.name] = faults[0]
            elif one.kind == "switch" and is_set(environ, one.name) and _switch(environ[one.name]) is None:
                found[one.name] = f"{one.name} must be on or off."
            elif (
                one.kind == "title" and is_set(environ, one.name) and (fault := title_fault(environ[one.name].strip()))
            ):
                found[one.name] = f"{one.name}: {fault}"
    return found


def make_providers(
    environ: Mapping[str, str],
    names: Iterable[str],
    recipes: Mapping[str, Recipe],
    own: Sequence[Provider],
    *,
    without: Container[str],
    read_profile: bool,
    faults: Faults,
) -> tuple[Provider, ...]:
    """Build the providers, in the order of ``names``.

    Args:
        environ: the environment. What is required is set.
        names: from ``names_of_providers``.
        recipes: from ``recipes_of``.
        own: the providers that the app makes in Python. One with the name of a built-in takes its place.
        without: variables to leave out, since their values are wrong.
        read_profile: also read name and picture at a provider that needs a separate request for them.
        faults: takes a sentence for each provider that cannot be built from these values.

    Raises:
        SettingsError: a provider cannot be built. The error names everything else that was found, too.
    """
    made = {one.name: one for one in own}
    for recipe in recipes.values():
        arguments: dict[str, Any] = {"read_profile": read_profile} if recipe.may_read_profile else {}
        for one in recipe.variables:
            if is_set(environ, one.name) and one.name not in without:
                arguments[one.argument] = _argument(one, environ[one.name])
            elif one.required:  # it is wrong: the other settings are checked all the same
                arguments[one.argument] = _PLACEHOLDER
            elif one.kind == "secret":
                log.info("%s is not set, so %s must know the app as a public client.", one.name, recipe.title)
        if recipe.weakness:
            log.warning("%s: %s", recipe.title, recipe.weakness)
        # The sentence about its file is there already. What the provider says of the stand-in for its content is wrong.
        is_unreadable = any(environ.get(one.name) == UNREADABLE for one in recipe.variables if one.kind == "secret")
        try:
            made[recipe.name] = recipe.make(**arguments)
        except SettingsError as error:
            if not is_unreadable:
                faults.add(_in_variables(error.hint, recipe))
    if len(made) < len(set(names)):
        faults.raise_any()
    return tuple(made[name] for name in names)


def _in_variables(sentence: str, recipe: Recipe) -> str:
    """A sentence about a provider's arguments, with the names of the variables that they come from. An argument without
    an underscore, such as ``key``, is also a word, and stays."""
    for one in recipe.variables:
        if "_" in one.argument:
            sentence = re.sub(rf"\b{one.argument}\b", one.name, sentence)
    return sentence


def _argument(variable: Variable, value: str) -> object:
    if variable.kind == "switch":
        return _switch(value)
    if variable.kind in ("text", "title"):
        return value.strip()
    return Secret(value) if variable.kind == "secret" else value


def _switch(value: str) -> bool | None:
    return {"on": True, "off": False}.get(value.strip().lower())
