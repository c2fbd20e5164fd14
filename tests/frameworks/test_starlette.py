"""Starlette keeps the contract, asked by ``session_of`` and by ``request.user``."""

from __future__ import annotations

from frameworks.cells import OLDEST, UVICORN, Cell
from frameworks.contract import inherit

APP = (*UVICORN, "starlette_app:app")
USER_APP = (*UVICORN, "starlette_user_app:app")
CELLS = [
    Cell(framework="starlette", server="uvicorn", command=APP, whole=True),
    Cell(framework="starlette", server="uvicorn", command=APP, python=OLDEST),
    Cell(framework="starlette", server="uvicorn, request.user", command=USER_APP),
    Cell(framework="starlette", server="uvicorn, request.user", command=USER_APP, python=OLDEST),
]
inherit(globals())
