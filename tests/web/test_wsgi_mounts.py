"""Flask and Django apps that are public below a path: real logins, in each of the ways in which people do that."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.mounted import live
from support.mounts_wsgi import DJANGO, FLASK, Mounted, running

ALL = [*FLASK, *DJANGO]


@pytest.mark.parametrize("mounted", ALL, ids=[f"{one.framework}, {one.name}" for one in ALL])
def test_a_login_below_a_path(mounted: Mounted, tmp_path: Path) -> None:
    with running(mounted, tmp_path) as (browser, provider, app):
        try:
            live(browser, provider)
        except AssertionError as fault:
            fault.add_note(app.server.log)
            raise
        assert "Traceback" not in app.server.log
