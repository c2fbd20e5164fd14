"""Django's two clients, plain and insisting on https as production settings do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("django_clients.py")


@pytest.mark.parametrize(
    ("callback", "cookie"),
    [
        ("http://127.0.0.1:8000/auth/twitter", "valetkey-session"),
        ("https://app.example.com/auth/twitter", "__Host-valetkey-session"),
    ],
    ids=["http", "https"],
)
def test_both_clients(callback: str, cookie: str) -> None:
    command = [sys.executable, "-W", "error", str(SCRIPT), callback]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    plain, awaited = json.loads(ran.stdout)
    #                       before, who,  as the app says, by,   a page's POST, another's, then bare, signed out
    assert plain == awaited == [401, "ada", True, [cookie], 200, 403, True, 401]
