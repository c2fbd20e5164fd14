"""What a type checker knows of ``signed_in``: the account, and of an async client that it is to be awaited."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SNIPPET = """
import httpx2
from starlette.testclient import TestClient
from valetkey.testing import signed_in, signed_out

def of(plain: TestClient, other: httpx2.Client, awaited: httpx2.AsyncClient) -> None:
    reveal_type(signed_in(plain, "ada"))
    reveal_type(signed_in(other, user_id="1", handle="x"))
    reveal_type(signed_in(awaited))
    reveal_type(signed_out(plain))
    reveal_type(signed_out(awaited))
    signed_in(plain, handel="x")
"""
REVEALED = [
    "valetkey.models.Account",
    "valetkey.models.Account",
    "typing.Awaitable[valetkey.models.Account]",
    "None",
    "typing.Awaitable[None]",
]


def test_what_is_awaited_is_known(tmp_path: Path) -> None:
    (tmp_path / "snippet.py").write_text(SNIPPET)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml")]
    ran = subprocess.run(
        [*command, str(tmp_path / "snippet.py")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert re.findall(r'Revealed type is "(.+)"', ran.stdout) == REVEALED, ran.stdout + ran.stderr
    errors = re.findall(r"error: (.+)", ran.stdout)
    assert len(errors) == 2
    assert 'Unexpected keyword argument "handel"' in errors[0]
