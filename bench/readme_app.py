"""README's app, from README itself, for the benches that ask what a reader gets."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.written import blocks_of

BLOCKS = blocks_of("README.md")
# FastAPI looks annotations up in the module that a route's function names.
_module = sys.modules["readme_app_code"] = ModuleType("readme_app_code")
exec(compile(BLOCKS["fastapi"], "README.md", "exec"), _module.__dict__)
app = _module.app
