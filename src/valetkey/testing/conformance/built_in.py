"""Makes candidates of the providers that ship with valetkey."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from ...crypto import Secret
from ...providers.record.built_in import RECIPES
from ...providers.record.provider import Provider
from ...providers.record.recipe import Recipe
from ...settings import Settings
from ..control import Control
from ..sandboxes import Sandbox
from .candidate import Candidate

_BESIDE = {"twitter": ("x2",)}
"""What the sandbox calls a provider that speaks a second protocol."""


def played_as(name: str) -> Sequence[str]:
    """Return the sandbox's names of a provider: one for each protocol that it speaks."""
    return (name, *_BESIDE.get(name, ()))


def candidate_of(played: str, sandbox: Sandbox) -> Candidate:
    """Make a candidate.

    Args:
        played: a provider's name in the sandbox.
        sandbox: that plays it.

    Raises:
        ValueError: the sandbox does not play it.
    """
    variables = sandbox.environment_for(played)
    recipe = RECIPES.get(variables["VALETKEY_PROVIDERS"])
    return Candidate(
        played,
        # A profile that an app may leave unread is read here, since there is more to judge then.
        Settings.from_environment(variables, read_profile=True),
        Control(sandbox.origin),
        elsewhere=_elsewhere(variables, recipe),
        may_lack_email=recipe is not None and any(one.argument == "include_email" for one in recipe.variables),
        written=_written(played, variables, recipe),
    )


def _written(played: str, variables: dict[str, str], recipe: Recipe | None) -> Provider | None:
    """The record at its own addresses: with the app's keys, and without the variables that point it at the sandbox."""
    if recipe is None:
        return None
    if played != recipe.name and recipe.otherwise is not None:
        recipe = recipe.otherwise
    arguments: dict[str, object] = {}
    for one in recipe.variables:
        if one.required and one.kind in ("base", "issuer"):
            arguments[one.argument] = one.example
        elif one.name in variables and one.kind in ("identifier", "secret", "text"):
            value = variables[one.name]
            arguments[one.argument] = Secret(value) if one.kind == "secret" else value
    if recipe.may_read_profile:
        arguments["read_profile"] = True
    return recipe.make(**arguments)


def _elsewhere(variables: dict[str, str], recipe: Recipe | None) -> Settings | None:
    """The settings of the same app at another server, where it may name one: this machine has two names."""
    if recipe is None:
        return None
    scopes = getattr(recipe.make, "has_other_servers", False)
    named = [one.name for one in recipe.variables if one.kind == "base" and (one.required or scopes)]
    if not named:
        return None
    hosts = {"localhost": "127.0.0.1", "127.0.0.1": "localhost"}
    moved = {}
    for name in named:
        parts = urlsplit(variables[name])
        moved[name] = parts._replace(netloc=f"{hosts[parts.hostname or '']}:{parts.port}").geturl()
    return Settings.from_environment({**variables, **moved})
