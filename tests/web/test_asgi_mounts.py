"""FastAPI, Starlette and Litestar below a path, in every way in which people put them there: each signs in, from the
module to the page, at the addresses that the app writes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from frameworks.cells import APPS
from support import SOURCES
from support.mounted import live
from support.mounts_asgi import ASGI, HYPERCORN, UVICORN, mounted
from support.mounts_wsgi import Mounted, running
from support.servers import SECRET, free_port


def test_under_trio_a_server_does_not_start(tmp_path: Path) -> None:
    env = {
        "TWITTER_CONSUMER_KEY": "key",
        "TWITTER_CONSUMER_SECRET": "secret",
        "VALETKEY_URL": "http://127.0.0.1:8000",
        "VALETKEY_SECRET": SECRET,
        "VALETKEY_DATABASE": f"sqlite:///{tmp_path}/app.db",
        "SHAPE": "fastapi root",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": SOURCES,
    }
    command = [sys.executable, *(part.replace("{port}", str(free_port())) for part in HYPERCORN)]
    done = subprocess.run(
        [*command, "--worker-class", "trio"], cwd=APPS, env=env, capture_output=True, text=True, timeout=30
    )
    assert "valetkey needs asyncio, and this server runs the app in another event loop" in done.stdout + done.stderr


def test_a_mounted_app_at_another_path_than_the_address_says(tmp_path: Path) -> None:
    """Nothing starts it, and nobody would get there. Each request to it has the reason."""
    wrong = mounted("fastapi mount", "uvicorn", *UVICORN, env={"VALETKEY_URL": "{url}"})
    with running(wrong, tmp_path) as (browser, _, app):
        answer = browser.visit("/app/auth/twitter/failed?code=denied")
        assert answer.status == 500
        assert f"VALETKEY_URL={browser.base}/app" in answer.text  # on the page, since the app is on this machine
        assert browser.me().status == 401
    assert f"set VALETKEY_URL={browser.base}/app and register" in app.server.log


@pytest.mark.parametrize("way", ASGI, ids=lambda one: one.name)
def test_an_app_below_a_path(way: Mounted, tmp_path: Path) -> None:
    with running(way, tmp_path) as (browser, provider, app):
        live(browser, provider)
    assert "Traceback" not in app.server.log
    assert "sign-in does not work" not in app.server.log
