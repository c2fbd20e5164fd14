"""The framework that CONTRIBUTING.md adds, built from that very text, keeps the contract, too."""

from __future__ import annotations

import os

from support import SOURCES
from support.written import blocks_of, written

from frameworks.cells import GUNICORN, Cell
from frameworks.contract import inherit

PAGE = "CONTRIBUTING.md"
CELLS = [
    Cell(
        framework="falcon",
        server="gunicorn, gthread",
        command=(*GUNICORN, "--worker-class", "gthread", "--threads", "8", "falcon_app:app"),
        whole=True,
        env={"PYTHONPATH": os.pathsep.join((str(written(PAGE)), SOURCES))},
    )
]
inherit(globals())


def test_it_is_one_short_file() -> None:
    lines = [line for line in blocks_of(PAGE)["valetkey_falcon.py"].splitlines() if line.strip()]
    assert 20 < len(lines) <= 40
