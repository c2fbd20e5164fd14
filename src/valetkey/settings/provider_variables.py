"""Which providers an app has, and what their variables say.

``VALETKEY_PROVIDERS`` lists them in the order of the buttons. Where it is not set, an app has X if one of X's variables
is set, and the providers that it makes in Python. An app with neither gets an error that names X's variables.

A name that does not ship may be an OpenID Connect server, which ``{NAME}_ISSUER`` and three more variables describe.
"""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable, Mapping
from difflib import get_close_matches

from ..providers.record.built_in import RECIPES
from ..providers.record.by_issuer import recipe_of
from ..providers.record.provider import Provider
from ..providers.record.recipe import Recipe, callback_variable
from ..providers.record.retired import RETIRED, Retired
from .faults import Faults
from .misspellings import look_alikes
from .variables import may_be_described, variables_of

log = logging.getLogger("valetkey")

_DEFAULT = "twitter"
_SERVERS = {"base": "address of the server", "issuer": "issuer"}


def listed(value: str) -> tuple[str, ...]:
    """The entries of a comma-separated list, without the space around them."""
    return tuple(one.strip() for one in value.split(",") if one.strip())


def is_set(environ: Mapping[str, str], name: str) -> bool:
    """Whether a variable has a value other than blanks."""
    return bool(environ.get(name, "").strip())


def names_of_providers(environ: Mapping[str, str], own: Iterable[Provider], faults: Faults) -> tuple[str, ...]:
    """The names of the app's providers, in the order of the buttons.

    Args:
        environ: the environment.
        own: the providers that the app makes in Python. They follow those that ``VALETKEY_PROVIDERS`` lists, unless
            it lists them, too.
        faults: takes a sentence for a name that does not exist or is listed twice.
    """
    own_names = [one.name for one in own]
    wanted = [name.lower() for name in listed(environ.get("VALETKEY_PROVIDERS", ""))]
    if not wanted:
        # Not the variables of OAuth 2.0: they may be another library's, beside a provider that the app makes itself.
        has_x = any(is_set(environ, name) for name in variables_of(RECIPES[_DEFAULT]))
        wanted = [_DEFAULT] if _DEFAULT not in own_names and (has_x or not own_names) else []
        _warn_of_unused(environ, [*wanted, *own_names])
    there = {*RECIPES, *own_names}
    there |= {one for one in wanted if one not in there and _is_described(environ, one)}
    for name in dict.fromkeys(wanted):
        if name not in there:
            faults.add(_no_such_provider(name))
            if may_be_described(name):
                faults.add(*look_alikes(environ, [_issuer_variable(name)], ()))
        if wanted.count(name) > 1:
            faults.add(f"VALETKEY_PROVIDERS: {name} is listed twice.")
    return tuple(dict.fromkeys([*(one for one in wanted if one in there), *own_names]))


def recipes_of(environ: Mapping[str, str], names: Iterable[str], own: Iterable[Provider]) -> dict[str, Recipe]:
    """How the app's providers are built from variables, by name. Providers that the app makes in Python are not there.

    Args:
        environ: the environment.
        names: from ``names_of_providers``.
        own: the providers that the app makes in Python.
    """
    made = {one.name for one in own}
    return {
        name: _chosen(environ, RECIPES[name]) if name in RECIPES else recipe_of(name)
        for name in names
        if name not in made
    }


def _chosen(environ: Mapping[str, str], recipe: Recipe) -> Recipe:
    """The recipe, or the one for the same provider over another protocol. A log line says which, if both could be."""
    other = recipe.otherwise
    if other is None or not is_set(environ, other.variables[0].name):
        return recipe
    if not is_set(environ, recipe.variables[0].name):
        return other
    needed = [one.name for one in other.variables if one.required]
    if all(is_set(environ, name) or is_set(environ, f"{name}_FILE") for name in needed):
        log.warning(
            "%s: %s is set, so %s is not used. Unset the one that you do not mean.",
            recipe.title,
            recipe.variables[0].name,
            needed[0],
        )
    return recipe


def _is_described(environ: Mapping[str, str], name: str) -> bool:
    """Whether variables alone describe a provider: an OpenID Connect server, by its issuer."""
    return may_be_described(name) and is_set(environ, _issuer_variable(name))


def _issuer_variable(name: str) -> str:
    return f"{name.upper()}_ISSUER"


def missing_sentences(
    environ: Mapping[str, str], recipes: Mapping[str, Recipe], *, has_address: bool
) -> tuple[list[str], list[str]]:
    """What is required and not set, by provider.

    Args:
        environ: the environment.
        recipes: from ``recipes_of``.
        has_address: a variable says the app's address.

    Returns:
        The sentences, and those about names in the environment that look like a missing one. They have a fault of
        their own.
    """
    missing = {
        recipe: [one.name for one in recipe.variables if one.required and not is_set(environ, one.name)]
        for recipe in recipes.values()
    }
    secret = [] if is_set(environ, "VALETKEY_SECRET") else ["VALETKEY_SECRET"]
    if not is_set(environ, "VALETKEY_PROVIDERS") and _DEFAULT in recipes:
        recipe = recipes[_DEFAULT]
        callback = [] if has_address else [callback_variable(_DEFAULT)]
        needed = [*missing[recipe], *callback, *secret]
        parts = [f"Not set: {', '.join(needed)}."]
        if missing[recipe]:
            parts.append(f"The keys come from {recipe.keys_from}.")
        if secret:
            parts.append("VALETKEY_SECRET comes from: valetkey secret.")
        if callback:
            parts.append(f"Instead of {callback[0]} you may set VALETKEY_URL, the address of your app.")
        others = ",".join(name for name, one in RECIPES.items() if name != _DEFAULT and _may_be_meant(environ, one))
        if missing[recipe]:
            parts.append(
                f"For another provider than {recipe.title}, set VALETKEY_PROVIDERS"
                + (f"={others}: variables of it are set." if others else ".")
            )
        sentences = [" ".join(parts)]
    else:
        needed = [*([] if has_address else ["VALETKEY_URL"]), *secret]
        sentences = [sentence for recipe in missing for sentence in _not_set(environ, recipe)]
        if not has_address:
            sentences.append("Not set: VALETKEY_URL. It is the address of your app, such as https://app.example.com")
        if secret:
            sentences.append("Not set: VALETKEY_SECRET. It comes from: valetkey secret")
        needed += [one for variables in missing.values() for one in variables]
    return (sentences, look_alikes(environ, needed, recipes.values())) if needed else ([], [])


def _not_set(environ: Mapping[str, str], recipe: Recipe) -> list[str]:
    """What is required of a provider and not set: the server that an app names, and the keys."""
    missing = [one for one in recipe.variables if one.required and not is_set(environ, one.name)]
    keys = [one.name for one in missing if not one.example]
    sentences = [
        f"Not set, for {recipe.title}: {one.name}. It is the {_SERVERS[one.kind]}, such as {one.example}"
        for one in missing
        if one.example
    ]
    if keys:
        sentences.append(f"Not set, for {recipe.title}: {', '.join(keys)}. They come from {recipe.keys_from}")
    return sentences


def _no_such_provider(name: str) -> str:
    *some, last = sorted(RECIPES)
    shipped = f"Built in are {', '.join(some)} and {last}. Make any other in Python, and pass it in providers=[…]."
    if not may_be_described(name):
        return (
            "VALETKEY_PROVIDERS: an entry is not the name of a provider. A name has lower-case letters and digits, and "
            f"commas separate names, such as google,github. {shipped}"
        )
    if name in RETIRED:
        return _is_gone(name, RETIRED[name])
    near = next((one.name for one in RECIPES.values() if one.title.lower() == name), None)
    meant = near or next(iter(get_close_matches(name, RECIPES, n=1, cutoff=0.8)), None)
    hint = f" Did you mean {meant}?" if meant else ""
    return (
        f"VALETKEY_PROVIDERS: there is no provider '{name}'.{hint} For an OpenID Connect server, set "
        f"{_issuer_variable(name)}. {shipped}"
    )


def _is_gone(name: str, retired: Retired) -> str:
    issuer = _issuer_variable(name)
    own = "" if issuer in retired.instead else f" For an OpenID Connect server of your own named {name}, set {issuer}."
    return (
        f"VALETKEY_PROVIDERS: {name}: no app can sign in with {retired.title} this way any more. {retired.end} "
        f"{retired.instead}{own}"
    )


def _may_be_meant(environ: Mapping[str, str], recipe: Recipe) -> bool:
    """Whether one of the variables is set that a provider requires."""
    return any(is_set(environ, one.name) for one in recipe.variables if one.required)


def _warn_of_unused(environ: Mapping[str, str], names: Container[str]) -> None:
    prefixes = {name.removeprefix("VALETKEY_").partition("_")[0].lower() for name in environ}
    unused = [
        one.name
        for name in RECIPES
        if name in prefixes and name not in names
        for one in RECIPES[name].variables
        if is_set(environ, one.name)
    ]
    if unused:
        log.warning("set but not used, because VALETKEY_PROVIDERS does not list the provider: %s", ", ".join(unused))
