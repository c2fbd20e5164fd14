"""The providers that ship with valetkey, by name: what ``VALETKEY_PROVIDERS`` may list.

A module of this package that has a ``RECIPE`` is such a provider. So a new one is a new file, and no line elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules

from .recipe import Recipe


def _recipes() -> Iterator[Recipe]:
    package = import_module(__package__)
    for found in iter_modules(package.__path__, f"{__package__}."):
        if found.name != __name__:
            recipe = getattr(import_module(found.name), "RECIPE", None)
            if isinstance(recipe, Recipe):
                yield recipe


RECIPES: Mapping[str, Recipe] = {one.name: one for one in _recipes()}
