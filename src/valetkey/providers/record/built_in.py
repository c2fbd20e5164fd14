"""The providers that ship with valetkey, by name: what ``VALETKEY_PROVIDERS`` may list.

Each file beside this package is one, and has the name of its provider. So a new one is a new file, and no line
elsewhere. A file is imported when its provider is asked for: an app has three of them, and not sixty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules

from .recipe import Recipe

_PROVIDERS = __package__.rpartition(".")[0]


class _Recipes(Mapping[str, Recipe]):
    """The recipes by name, in the order of the alphabet."""

    def __init__(self) -> None:
        found = iter_modules(import_module(_PROVIDERS).__path__)
        self._names = tuple(sorted(one.name for one in found if not one.ispkg))
        self._known = frozenset(self._names)

    def __getitem__(self, name: str) -> Recipe:
        if name not in self._known:
            raise KeyError(name)
        recipe: Recipe = import_module(f"{_PROVIDERS}.{name}").RECIPE
        return recipe

    def __contains__(self, name: object) -> bool:
        return name in self._known

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


RECIPES: Mapping[str, Recipe] = _Recipes()
