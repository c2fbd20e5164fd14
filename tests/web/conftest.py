"""A provider for the web tests of this folder; the apps under test are each test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.servers import Provider, free_port


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def provider(port: int) -> Iterator[Provider]:
    running = Provider(f"http://127.0.0.1:{port}/auth/twitter")
    yield running
    running.stop()
