"""Anyone can ask for paths that do not exist, as many as they like. Nothing of them is kept in memory."""

from __future__ import annotations

import logging
import tracemalloc
from pathlib import Path

import pytest
from support.servers import SECRET

from valetkey import Secret, Settings
from valetkey.http_client.runner import ThreadRunner
from valetkey.login.assembly import assemble
from valetkey.providers.twitter import twitter
from valetkey.web import pages
from valetkey.web.endpoints import Endpoints
from valetkey.web.http import Incoming

LENGTH, REQUESTS = 2000, 500


def test_they_are_forgotten(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "valetkey")  # pytest keeps what is logged, where another test lets it through
    settings = Settings(
        callbacks={"twitter": ("https://app.example.com/auth/twitter",)},
        secrets=(Secret(SECRET),),
        providers=(twitter(key="key", secret=Secret("secret")),),
        database=f"sqlite:///{tmp_path}/app.db",
    )
    endpoints = Endpoints(assemble(settings, blocking=True))

    def ask(kind: str) -> None:
        for number in range(REQUESTS):
            path = f"{kind}{number}{'x' * LENGTH}"
            assert ThreadRunner().run(endpoints.answer(Incoming(method="GET", path=path))).status == 404

    ask("warm")
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        ask("new")
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < LENGTH * REQUESTS / 10


def test_a_file_is_read_once() -> None:
    assert pages.asset("client.js") is pages.asset("client.js") is not None
