"""A Flask app that is public below a path: real logins, in each of the ways in which people put it there."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.mounted import live
from support.mounts_wsgi import FLASK, Mounted, running


@pytest.mark.parametrize("mounted", FLASK, ids=[one.name for one in FLASK])
def test_a_login_below_a_path(mounted: Mounted, tmp_path: Path) -> None:
    with running(mounted, tmp_path) as (browser, provider, app):
        try:
            live(browser, provider)
        except AssertionError as fault:
            fault.add_note(app.server.log)
            raise
        assert "Traceback" not in app.server.log
