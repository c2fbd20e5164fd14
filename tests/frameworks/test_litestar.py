"""Litestar keeps the contract."""

from __future__ import annotations

from frameworks.cells import OLDEST, UVICORN, Cell
from frameworks.contract import inherit

APP = (*UVICORN, "litestar_app:app")
CELLS = [
    Cell(framework="litestar", server="uvicorn", command=APP, whole=True),
    Cell(framework="litestar", server="uvicorn", command=APP, python=OLDEST),
]
inherit(globals())
