"""The web side: it takes one plain request and returns one plain reply. A framework adapter translates both.

The adapters were in this package once. Their old names, such as ``valetkey.web.fastapi``, still import the modules
that are now in ``valetkey.frameworks``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_MOVED = ("django", "fastapi", "flask", "litestar", "starlette")
_OLD, _NEW = f"{__name__}.", "valetkey.frameworks."


class _MovedModules(MetaPathFinder, Loader):
    """Finds a module under its old name, and gives the very module that has the new name.

    It must come first: the path of an aliased package leads to the new files, and PathFinder would run them again.
    """

    def __init__(self) -> None:
        self._specs: dict[str, ModuleSpec | None] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.startswith(_OLD) and fullname.removeprefix(_OLD).split(".")[0] in _MOVED:
            return ModuleSpec(fullname, self)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module(_NEW + spec.name.removeprefix(_OLD))
        self._specs[module.__name__] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._specs[module.__name__]  # the import system has just replaced it


sys.meta_path.insert(0, _MovedModules())
