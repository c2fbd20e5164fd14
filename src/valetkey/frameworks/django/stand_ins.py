"""Values in place of a project's own: the sandbox's in a test run, and keys that lead nowhere to read the rest."""

from __future__ import annotations

from collections.abc import Mapping

from ...providers.record.built_in import RECIPES
from ...providers.record.recipe import Recipe
from ...settings.environment import addresses_of
from ...settings.faults import Faults
from ...settings.provider_variables import is_set, names_of_providers, recipes_of
from ...settings.sandbox.values import OFFERED, value_of
from ...settings.variables import GENERAL_SECRETS, described, secrets_of, variables_of

_LISTED = "VALETKEY_PROVIDERS"
_KEPT = ("switch", "title")  # kinds of variables that say what the app wants, and not where the provider is
_ADDRESS = "https://app.example.com"
TEST_ADDRESS = "http://127.0.0.1:8000"


def with_placeholder_keys(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables, with a value that leads nowhere for each that is required and not set. They show whether those
    that are set are right."""
    recipes = recipes_of(variables, names_of_providers(variables, (), Faults()), ())
    found = {} if any(addresses_of(variables)) else {"VALETKEY_URL": _ADDRESS}
    for recipe in recipes.values():
        for one in recipe.variables:
            if one.required and not is_set(variables, one.name):
                found[one.name] = value_of(recipe, one, _ADDRESS)
    return {**variables, **found}


def at_sandbox(variables: Mapping[str, str], origin: str, *, secret: str, database: str) -> dict[str, str]:
    """The variables of an app whose providers, secret and database are those of a test run. All else stays.

    Args:
        variables: those of the project.
        origin: of the sandbox.
        secret: of the test run.
        database: the address of a database that the test run throws away.
    """
    found = {
        **variables,
        **{f"{name}_FILE": "" for name in GENERAL_SECRETS},
        "VALETKEY_SANDBOX": "",
        "VALETKEY_SECRET": secret,
        "VALETKEY_DATABASE": database,
        "VALETKEY_START_LIMIT": "off",  # tests sign in much faster than users do
    }
    shipped = [one for recipe in RECIPES.values() for one in (recipe, recipe.otherwise) if one is not None]
    if not is_set(variables, _LISTED) and not any(_is_begun(variables, one) for one in shipped):
        found[_LISTED] = ",".join(OFFERED)
    names = names_of_providers(found, (), Faults())
    recipes = recipes_of(found, names, ())
    found[_LISTED] = ",".join(names)
    for recipe in (*shipped, *described(found[_LISTED])):
        found |= dict.fromkeys((f"{name}_FILE" for name in secrets_of(recipe)), "")
        found |= dict.fromkeys((one.name for one in recipe.variables if one.kind not in _KEPT), "")
    for recipe in recipes.values():
        values = {one.name: value_of(recipe, one, origin) for one in recipe.variables if one.kind not in _KEPT}
        found |= {name: value for name, value in values.items() if value}
    if not any(addresses_of(found)):
        found["VALETKEY_URL"] = TEST_ADDRESS
    return found


def _is_begun(variables: Mapping[str, str], recipe: Recipe) -> bool:
    return any(is_set(variables, name) for name in variables_of(recipe))
