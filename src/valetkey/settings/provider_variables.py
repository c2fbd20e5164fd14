"""Which providers an app has, and what their variables say.

``VALETKEY_PROVIDERS`` lists them in the order of the buttons. Where it is not set, an app has X if one of X's variables
is set, and the providers that it makes in Python. An app with neither gets an error that names X's variables.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from ..crypto import Secret
from ..providers.base import Provider
from ..providers.built_in import RECIPES
from ..providers.recipe import Variable, callback_variable
from .addresses import base_faults, origin_faults
from .checks import sandbox_faults
from .faults import Faults
from .variables import look_alikes, variables_of

log = logging.getLogger("valetkey")

_DEFAULT = "twitter"
_SHOWN = re.compile(r"[a-z][a-z0-9]{0,31}")


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
        has_x = any(is_set(environ, name) for name in variables_of(_DEFAULT))
        wanted = [_DEFAULT] if _DEFAULT not in own_names and (has_x or not own_names) else []
        _warn_of_unused(environ, [*wanted, *own_names])
    for name in dict.fromkeys(wanted):
        if name not in RECIPES and name not in own_names:
            faults.add(_no_such_provider(name))
        if wanted.count(name) > 1:
            faults.add(f"VALETKEY_PROVIDERS: {name} is listed twice.")
    return tuple(dict.fromkeys([*(one for one in wanted if one in RECIPES or one in own_names), *own_names]))


def missing_sentences(
    environ: Mapping[str, str], names: Sequence[str], own: Sequence[Provider], *, has_address: bool
) -> list[str]:
    """What is required and not set, by provider.

    Args:
        environ: the environment.
        names: from ``names_of_providers``.
        own: the providers that the app makes in Python, which require no variable.
        has_address: a variable says the app's address.
    """
    made = {one.name for one in own}
    missing = {
        recipe: [one.name for one in recipe.variables if one.required and not is_set(environ, one.name)]
        for recipe in (RECIPES[name] for name in names if name not in made)
    }
    secret = [] if is_set(environ, "VALETKEY_SECRET") else ["VALETKEY_SECRET"]
    if not is_set(environ, "VALETKEY_PROVIDERS") and _DEFAULT in names and _DEFAULT not in made:
        recipe = RECIPES[_DEFAULT]
        callback = [] if has_address else [callback_variable(_DEFAULT)]
        needed = [*missing[recipe], *callback, *secret]
        parts = [f"Not set: {', '.join(needed)}."]
        if missing[recipe]:
            parts.append(f"The keys come from {recipe.keys_from}.")
        if secret:
            parts.append("VALETKEY_SECRET comes from: valetkey secret.")
        if callback:
            parts.append(f"Instead of {callback[0]} you may set VALETKEY_URL, the address of your app.")
        parts.append("To try it with nothing at all: valetkey demo.")
        parts.append(f"For another provider than {recipe.title}, set VALETKEY_PROVIDERS.")
        sentences = [" ".join(parts)]
    else:
        needed = [*([] if has_address else ["VALETKEY_URL"]), *secret]
        sentences = [
            f"Not set, for {recipe.title}: {', '.join(variables)}. They come from {recipe.keys_from}"
            for recipe, variables in missing.items()
            if variables
        ]
        if not has_address:
            sentences.append("Not set: VALETKEY_URL. It is the address of your app, such as https://app.example.com")
        if secret:
            sentences.append("Not set: VALETKEY_SECRET. It comes from: valetkey secret")
        needed += [one for variables in missing.values() for one in variables]
    return [*sentences, *look_alikes(environ, needed, names)] if needed else []


def wrong_values(environ: Mapping[str, str], names: Iterable[str], *, is_public: bool) -> dict[str, str]:
    """The variables of providers whose value cannot be used: an address that is none, or a switch in no position.

    Args:
        environ: the environment.
        names: from ``names_of_providers``.
        is_public: the app is public, so that no provider of it may be a sandbox.

    Returns:
        A sentence for each, by the variable's name.
    """
    found = {}
    for recipe in (RECIPES[name] for name in names if name in RECIPES):
        for one in recipe.variables:
            if one.kind in ("origin", "base") and is_set(environ, one.name):
                value = environ[one.name]
                # Requests are signed over these very characters, so they are not normalised.
                faults = (origin_faults if one.kind == "origin" else base_faults)(one.name, value)
                if not faults and value.endswith("/"):
                    faults = [f"{one.name}: leave out the slash at the end."]
                if not faults and is_public:
                    faults = sandbox_faults({one.name: value})
                if faults:
                    found[one.name] = faults[0]
            elif one.kind == "switch" and is_set(environ, one.name) and _switch(environ[one.name]) is None:
                found[one.name] = f"{one.name} must be on or off."
    return found


def make_providers(
    environ: Mapping[str, str],
    names: Iterable[str],
    own: Sequence[Provider],
    *,
    without: Container[str],
    read_profile: bool,
) -> tuple[Provider, ...]:
    """Build the providers, in the order of ``names``.

    Args:
        environ: the environment. What is required is set.
        names: from ``names_of_providers``.
        own: the providers that the app makes in Python. One with the name of a built-in takes its place.
        without: variables to leave out, since their values are wrong.
        read_profile: also read name and picture at a provider that needs a separate request for them.

    Raises:
        SettingsError: a provider cannot be built from these values.
    """
    made = {one.name: one for one in own}
    for recipe in (RECIPES[name] for name in names if name not in made):
        arguments: dict[str, Any] = {"read_profile": read_profile} if recipe.may_read_profile else {}
        for one in recipe.variables:
            if is_set(environ, one.name) and one.name not in without:
                arguments[one.argument] = _argument(one, environ[one.name])
        made[recipe.name] = recipe.make(**arguments)
    return tuple(made[name] for name in names)


def _argument(variable: Variable, value: str) -> object:
    if variable.kind == "switch":
        return _switch(value)
    return Secret(value) if variable.kind == "secret" else value


def _switch(value: str) -> bool | None:
    return {"on": True, "off": False}.get(value.strip().lower())


def _no_such_provider(name: str) -> str:
    meant = next((one.name for one in RECIPES.values() if one.title.lower() == name), None)
    shown = f"there is no provider {name!r}" if _SHOWN.fullmatch(name) else "an entry is not the name of a provider"
    hint = f" Did you mean {meant}?" if meant else ""
    return (
        f"VALETKEY_PROVIDERS: {shown}.{hint} valetkey has {' and '.join(sorted(RECIPES))}; an app makes another one in "
        "Python and passes it in providers=[…]."
    )


def _warn_of_unused(environ: Mapping[str, str], names: Container[str]) -> None:
    unused = [
        one.name
        for recipe in RECIPES.values()
        for one in recipe.variables
        if recipe.name not in names and is_set(environ, one.name)
    ]
    if unused:
        log.warning("set but not used, because VALETKEY_PROVIDERS does not list the provider: %s", ", ".join(unused))
