"""FastAPI, Starlette and Litestar below a path, in every way in which people put them there: each signs in, from the
module to the page, at the addresses that the app writes.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from support.mounted import live
from support.mounts_asgi import ASGI
from support.mounts_wsgi import Mounted, running


@pytest.mark.parametrize("mounted", ASGI, ids=lambda one: one.name)
def test_an_app_below_a_path(mounted: Mounted, tmp_path: Path) -> None:
    with running(mounted, tmp_path) as (browser, provider, app):
        live(browser, provider)
    log = app.server.log() if callable(app.server.log) else app.server.log
    assert "Traceback" not in log
    assert "sign-in does not work" not in log
