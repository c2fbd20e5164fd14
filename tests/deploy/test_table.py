"""The table of docs/deploy/README.md holds: a part of its cells, each framework, mount and server at least once, is
played as ``./run docs deploy`` plays all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import sync_playwright
from support.deployed import CHROMIUM_OPTIONS, Outcome, play
from support.deployed_table import PAGE, outcomes_of
from support.deployments import FRAMEWORKS, MOUNTS, SERVERS, Deployment, cell
from support.engines import headless_chromium
from support.servers import Provider

PLAYED = [
    ("FastAPI", "uvicorn", "server's path"),
    ("FastAPI", "mangum", "sub-app"),
    ("Starlette", "daphne", "catch-all"),
    ("Starlette", "hypercorn, trio", "root"),
    ("Litestar", "granian", "within"),
    ("Litestar", "uvicorn", "elsewhere"),
    ("Flask", "gunicorn gthread", "sub-app"),
    ("Flask", "uWSGI", "server's path"),
    ("Flask", "flask run", "forgotten"),
    ("Flask", "eventlet", "silent proxy"),
    ("Django, WSGI", "gunicorn sync", "i18n"),
    ("Django, WSGI", "gunicorn gevent", "callback alone"),
    ("Django, WSGI", "manage.py runserver", "catch-all"),
    ("Django, ASGI", "hypercorn", "proxy says"),
]
WRITTEN = outcomes_of(PAGE.read_text())
Outcomes = dict[str, Outcome]


@pytest.fixture(scope="module")
def outcomes() -> Iterator[Outcomes]:
    """All of them, one after the other in one browser."""
    provider = Provider("http://127.0.0.1:8000/auth/twitter")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=headless_chromium(), args=CHROMIUM_OPTIONS)
        yield {one.name: outcome for one, outcome in play(map(deployed, PLAYED), chromium, provider)}
        chromium.close()
    provider.stop()


def deployed(at: tuple[str, str, str]) -> Deployment:
    found = cell(*at)
    assert found is not None, at
    return found


@pytest.mark.parametrize("at", PLAYED, ids=", ".join)
def test_a_cell_ends_as_the_table_says(at: tuple[str, str, str], outcomes: Outcomes) -> None:
    written, played = WRITTEN[at], outcomes[deployed(at).name]
    assert (played.is_signed_in, played.sentence) == (written.is_signed_in, written.sentence), played.log


def test_each_framework_mount_and_server_is_played() -> None:
    assert len(PLAYED) <= 14
    assert {framework for framework, _, _ in PLAYED} == {*FRAMEWORKS}
    assert {server for _, server, _ in PLAYED} == {one.name for one in SERVERS}
    assert {mount for _, _, mount in PLAYED} == {*MOUNTS}
