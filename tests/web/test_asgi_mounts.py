"""FastAPI, Starlette and Litestar below a path, in every way in which people put them there: each signs in, from the
module to the page, at the addresses that the app writes.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from support.mounted import live
from support.mounts_asgi import ASGI, UVICORN, mounted
from support.mounts_wsgi import Mounted, running


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
