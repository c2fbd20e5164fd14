"""The code of docs/testing.md runs, each block as somebody would have it in a project."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from testing.test_plugin import passed, run

TEXT = (Path(__file__).parents[2] / "docs" / "testing.md").read_text()
BLOCKS = dict(re.findall(r"<!-- run: (\w+) -->\n```\w+\n(.+?)```", TEXT, re.DOTALL))
IN_A_BROWSER = {"page"}  # tests/browser/test_kit.py

FACTORY = """
from typing import Annotated
from fastapi import Depends, FastAPI
from valetkey import Account
from valetkey.frameworks.fastapi import SignIn

def create_app(sign_in):
    app = FastAPI()
    app.include_router(sign_in.router)

    @app.get("/api/me")
    async def me(account: Annotated[Account, Depends(sign_in.account)]):
        return {"handle": account.handle}

    @app.post("/notes")
    async def notes(account: Annotated[Account, Depends(sign_in.account)]):
        return {}

    return app
"""
BUILT_WHEN_IMPORTED = FACTORY + "app = create_app(SignIn.from_env())\n"
CLIENT = BLOCKS["conftest"]
IMPORTS = """
import pytest
from app import app
from fastapi.testclient import TestClient

@pytest.fixture
def client():
    return TestClient(app)
"""


def test_every_block_is_run() -> None:
    assert TEXT.count("```") == 2 * len(BLOCKS)
    assert set(BLOCKS) == {"conftest", "ini", "environment", "unittest"} | {block for block, _ in TESTS} | IN_A_BROWSER


TESTS = [("test", 1), ("foreign", 1), ("who", 1), ("async", 1), ("faults", 2), ("providers", 3), ("altered", 1)]


@pytest.mark.parametrize(("block", "number"), TESTS)
def test_with_a_factory(tmp_path: Path, block: str, number: int) -> None:
    passed(run(tmp_path, app=FACTORY, conftest=CLIENT, test_app=BLOCKS[block]), number)


@pytest.mark.parametrize("way", ["ini", "environment"])
def test_with_an_app_that_is_built_when_it_is_imported(tmp_path: Path, way: str) -> None:
    files = {"conftest": IMPORTS, "pytest": BLOCKS["ini"]} if way == "ini" else {"conftest": BLOCKS["environment"]}
    passed(run(tmp_path, app=BUILT_WHEN_IMPORTED, test_app=BLOCKS["test"], **files), 1)


def test_without_pytest(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(FACTORY)
    (tmp_path / "test_app.py").write_text(BLOCKS["unittest"])
    command = [sys.executable, "-W", "error", "-m", "unittest", "test_app"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "Ran 1 test" in ran.stderr
    assert "OK" in ran.stderr
