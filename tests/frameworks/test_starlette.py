"""Starlette keeps the contract."""

from __future__ import annotations

from frameworks.cells import OLDEST, UVICORN, Cell
from frameworks.contract import inherit

APP = (*UVICORN, "starlette_app:app")
CELLS = [
    Cell(framework="starlette", server="uvicorn", command=APP, whole=True),
    Cell(framework="starlette", server="uvicorn", command=APP, python=OLDEST),
]
inherit(globals())
