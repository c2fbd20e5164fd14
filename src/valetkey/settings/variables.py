"""The names of the variables, and the two ways to set one: its value, or a file that holds the value.

What a name means is in ``environment`` and in the recipes of the providers; what a misspelt one probably means is in
``misspellings``.
"""

from __future__ import annotations

import re
from functools import cache

from ..providers.record.built_in import RECIPES
from ..providers.record.by_issuer import recipe_of
from ..providers.record.recipe import Recipe, callback_variable

PREFIX = "VALETKEY_"
FILE_SUFFIX = "_FILE"
GENERAL_SECRETS = frozenset({"VALETKEY_SECRET", "VALETKEY_DATABASE"})  # a database's address may hold a password

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
GENERAL = frozenset({*_GENERAL, *(f"{name}{FILE_SUFFIX}" for name in GENERAL_SECRETS)})
"""Every variable that is not a provider's."""


def variables_of(recipe: Recipe) -> tuple[str, ...]:
    """The names of the variables that a recipe reads, its callback URL and the files of its secrets among them."""
    names = [one.name for one in recipe.variables]
    return (*names, *(f"{name}{FILE_SUFFIX}" for name in secrets_of(recipe)), callback_variable(recipe.name))


def secrets_of(recipe: Recipe) -> tuple[str, ...]:
    """The names of a recipe's variables whose value is secret, and may be in a file."""
    return tuple(one.name for one in recipe.variables if one.kind == "secret")


@cache
def shipped_secrets() -> frozenset[str]:
    """The variables whose value may be in a file: ``VALETKEY_SECRET_FILE`` names the file for ``VALETKEY_SECRET``. A
    provider that an app describes with variables alone adds its own. It imports every provider's file."""
    return frozenset({*GENERAL_SECRETS, *(name for recipe in _shipped() for name in secrets_of(recipe))})


@cache
def shipped_variables() -> frozenset[str]:
    """Every variable that valetkey reads. A provider that the app makes in Python adds its ``{NAME}_CALLBACK_URL``, and
    one that it describes with variables alone adds those of ``providers/record/by_issuer.py``. It imports the file of
    every provider."""
    return frozenset({*GENERAL, *(name for recipe in _shipped() for name in variables_of(recipe))})


def _shipped() -> list[Recipe]:
    """Every recipe that ships, those over another protocol among them."""
    return [one for recipe in RECIPES.values() for one in (recipe, recipe.otherwise) if one is not None]


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
    return shipped_variables().union(*map(variables_of, described(providers)))
