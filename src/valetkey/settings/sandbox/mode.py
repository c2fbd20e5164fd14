"""``VALETKEY_SANDBOX=1``: an app without keys signs in at the sandbox, an offline stand-in for the providers.

How this works:

- The mode is on if the variable says so, and in no other case. It fills in what is missing: the providers, their keys
  and addresses, a secret, a database of its own, and the app's address. What is set counts.
- It is for one developer's machine. An address that users elsewhere could open is refused, and so is https. At a
  sandbox anybody can sign in as anybody.
- A real key beside it is refused, too. Otherwise an app could sign in at a real provider with a public secret, or
  believe the sandbox about the users of a real one.
- Nothing is started here. The port is chosen now, since the providers' addresses have it, and the sandbox is started
  when the first request needs it (``web/sandbox_start.py``). A command that reads the settings, such as a migration,
  starts nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from ...errors import SettingsError
from ...providers.record.built_in import RECIPES
from ...providers.record.by_issuer import recipe_of
from ...providers.record.provider import Provider
from ...providers.record.recipe import Recipe, Variable, callback_variable
from ..addresses import LOOPBACK_HOSTS, is_loopback, origin_faults
from ..faults import Faults
from ..provider_variables import is_set, listed
from ..shell_origins import has_shell_form
from ..variables import may_be_described, secrets_of
from .command_line import address_of
from .values import MARK, OFFERED, value_of

VARIABLE = "VALETKEY_SANDBOX"
DEFAULT_PORT = 8000
"""Where most servers of Python apps listen if nothing says it."""
DATABASE = "sqlite:///valetkey-sandbox.db"
TRY_IT = f"To try it without keys, set {VARIABLE}=1."

_ON, _OFF = frozenset({"1", "on", "true", "yes"}), frozenset({"", "0", "off", "false", "no"})


def is_on(environ: Mapping[str, str]) -> bool:
    """Whether the mode is on. A value that is malformed turns it on, so that nothing starts with it."""
    return _value(environ) not in _OFF


def filled(
    environ: Mapping[str, str], own: Sequence[Provider], faults: Faults, *, default_port: int = DEFAULT_PORT
) -> tuple[Mapping[str, str], str | None]:
    """Fill in what the environment does not say, if the mode is on.

    Args:
        environ: the environment.
        own: the providers that the app makes in Python.
        faults: takes a sentence for everything that is real beside the mode.
        default_port: where the app listens, if nothing says it.

    Returns:
        The environment, and the origin of the sandbox. If the mode is off, the environment as it was, and None.

    Raises:
        SettingsError: the mode cannot be used here; the message lists all reasons.
    """
    if not is_on(environ):
        return environ, None
    names = _names(environ, own)
    recipes = _recipes(environ, names, own)
    found = [*_address_faults(environ, names), *_key_faults(environ, recipes), *_own_faults(own)]
    if found:
        faults.add(*found)
        faults.raise_any()
    more: dict[str, str] = {}
    addresses = [environ.get("VALETKEY_URL", ""), *(environ.get(callback_variable(name), "") for name in names)]
    if not any(one.strip() for one in addresses):
        more["VALETKEY_URL"] = address_of(sys.argv, environ, default_port)
        addresses = [more["VALETKEY_URL"]]
    origin = _sandbox(environ, addresses)
    for recipe in recipes:
        values = {one.name: value_of(recipe, one, origin) for one in recipe.variables}
        more |= {name: value for name, value in values.items() if value and not is_set(environ, name)}
    if not is_set(environ, "VALETKEY_PROVIDERS"):
        more["VALETKEY_PROVIDERS"] = ",".join(names)
    if not (is_set(environ, "VALETKEY_DATABASE") or is_set(environ, "VALETKEY_DATABASE_FILE")):
        more["VALETKEY_DATABASE"] = DATABASE
    if not (is_set(environ, "VALETKEY_SECRET") or is_set(environ, "VALETKEY_SECRET_FILE")):
        from .kept_secrets import kept_secret  # here, as the port below: few apps are in this mode

        more["VALETKEY_SECRET"] = kept_secret("sandbox.secret")
    return {**environ, **more}, origin


def may_help(environ: Mapping[str, str], recipes: Iterable[Recipe], addresses: Iterable[str]) -> bool:
    """Whether an app that does not start for want of keys would start in this mode.

    Args:
        environ: the environment, in which something is missing.
        recipes: those of the app's providers.
        addresses: the app's.
    """
    required = [one.name for recipe in recipes for one in recipe.variables if one.required]
    lacks_keys = not all(is_set(environ, name) for name in required)
    return lacks_keys and not is_on(environ) and all(_is_here(url) for url in addresses if url)


def variables(
    environ: Mapping[str, str], origin: str, *, url: str | None = None, providers: Iterable[str] = OFFERED
) -> dict[str, str]:
    """Every variable of an app at a sandbox, for a command that runs one.

    Args:
        environ: the environment, whose values count.
        origin: of the sandbox.
        url: the app's address, if the environment has none.
        providers: the names of the buttons, if the environment lists none.

    Raises:
        SettingsError: something real is set, or an address that is not of this machine.
    """
    faults = Faults()
    said = {VARIABLE: origin}
    if not is_set(environ, "VALETKEY_PROVIDERS"):
        said["VALETKEY_PROVIDERS"] = ",".join(providers)
    if url is not None:
        said["VALETKEY_URL"] = url
    after, _ = filled({**environ, **said}, (), faults)
    return {**said, **{name: value for name, value in after.items() if environ.get(name) != value}}


def _value(environ: Mapping[str, str]) -> str:
    return environ.get(VARIABLE, "").strip().lower()


def _names(environ: Mapping[str, str], own: Iterable[Provider]) -> tuple[str, ...]:
    """The providers that the app has, without those that it makes in Python."""
    made = {one.name for one in own}
    wanted = [name.lower() for name in listed(environ.get("VALETKEY_PROVIDERS", ""))] or list(OFFERED)
    return tuple(name for name in dict.fromkeys(wanted) if name not in made)


def _recipes(environ: Mapping[str, str], names: Iterable[str], own: Iterable[Provider]) -> list[Recipe]:
    """How each is built; X over OAuth 2.0 where its variables are set."""
    found = []
    for name in names:
        recipe = RECIPES.get(name) or (recipe_of(name) if may_be_described(name) else None)
        if recipe is None:
            continue  # another check says what is wrong with the name
        other = recipe.otherwise
        if other is not None and is_set(environ, other.variables[0].name):
            recipe = recipe if is_set(environ, recipe.variables[0].name) else other
        found.append(recipe)
    return found


# What is refused


def _address_faults(environ: Mapping[str, str], names: Iterable[str]) -> list[str]:
    """Addresses that are not of this machine, and https."""
    value = _value(environ)
    faults = []
    if value not in _ON and (origin_faults(VARIABLE, value) or not _is_here(value)):
        faults.append(
            f"{VARIABLE} must be 1, or the address of a sandbox on this machine, such as http://localhost:8001. "
            "Unset it for an app that users sign in to."
        )
    places = ["VALETKEY_URL", *map(callback_variable, names), "VALETKEY_ORIGINS", "VALETKEY_RELAY"]
    faults += [
        f"{VARIABLE} is set, and {name} is not an address of this machine over http, such as http://127.0.0.1:8000. "
        f"At a sandbox anybody can sign in as anybody. Unset {VARIABLE}, or {name}."
        for name in places
        if not all(_is_here(url) or has_shell_form(url) for url in listed(environ.get(name, "")))
    ]
    return faults


def _is_here(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS


def _key_faults(environ: Mapping[str, str], recipes: Iterable[Recipe]) -> list[str]:
    """Keys that are not the sandbox's, and providers' addresses that are not of this machine."""
    real = []
    for recipe in recipes:
        for one in _with_others(recipe):
            if one.kind in ("identifier", "secret"):
                value = environ.get(one.name, "").strip()
                is_real = (
                    bool(value)
                    and not value.startswith(MARK)
                    and value.replace("\\n", "\n").strip() != (value_of(recipe, one, "").strip())
                )
            else:
                is_real = one.kind in ("origin", "base", "issuer") and not _is_here_or_unset(environ, one.name)
            if is_real:
                real.append(one.name)
        real += [f"{name}_FILE" for name in secrets_of(recipe) if is_set(environ, f"{name}_FILE")]
    if not real:
        return []
    named = ", ".join(dict.fromkeys(real))
    return [f"{VARIABLE} is set, and so are values for a real provider: {named}. Unset these, or {VARIABLE}."]


def _with_others(recipe: Recipe) -> list[Variable]:
    """The variables of a recipe, with those of the same provider over another protocol."""
    shipped = RECIPES.get(recipe.name, recipe)
    others = [one for one in (shipped, shipped.otherwise) if one is not None and one is not recipe]
    return [*recipe.variables, *(variable for one in others for variable in one.variables)]


def _is_here_or_unset(environ: Mapping[str, str], name: str) -> bool:
    return not is_set(environ, name) or is_loopback(environ[name])


def _own_faults(own: Iterable[Provider]) -> list[str]:
    return [
        f"{VARIABLE} is set, and the app makes a provider {one.name!r} in Python, which is not at a sandbox. "
        "Make it only where the mode is off."
        for one in own
        if not is_loopback(one.protocol.authorize_url)
    ]


# What is filled in


def _sandbox(environ: Mapping[str, str], addresses: Iterable[str]) -> str:
    """The sandbox's origin: the one that is named, or the first port that it can have."""
    from . import port as sandbox_port

    value = _value(environ)
    try:
        ports = [urlsplit(url).port for one in addresses for url in listed(one)]
        port = sandbox_port.choose(ports) if value in _ON else urlsplit(value).port or 80
        # Not 127.0.0.1, where the app is: the sandbox's cookies are those of another site, as a provider's are.
        return f"http://localhost:{port}"
    except ValueError:
        raise SettingsError(
            f"{VARIABLE}: no port is free for the sandbox. Give its address, such as {VARIABLE}=http://localhost:9001."
        ) from None
