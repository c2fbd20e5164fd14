"""``GET /auth/health``: readiness, for whatever probes: by any name, without cookies, and without a word of detail."""

from __future__ import annotations

import asyncio
import json
import time
import types
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import cast

import pytest
from support.browser import Answer
from support.in_process import InProcess, in_process
from support.postgresql import OwnServer, own_server
from support.severing import Severing
from support.waiting import wait_for

from valetkey import Settings
from valetkey.errors import SettingsError
from valetkey.storage import migration
from valetkey.storage.base import Store
from valetkey.web.health import Health
from valetkey.web.http import Incoming

KEYS = {
    "VALETKEY_URL": "https://app.example.com",
    "TWITTER_CONSUMER_KEY": "key",
    "TWITTER_CONSUMER_SECRET": "secret",
}
ON = {**KEYS, "VALETKEY_HEALTH": "on"}
READY, NOT_READY = {"status": "ok"}, {"status": "unavailable", "code": "store_unavailable"}


@pytest.fixture(scope="module")
def own() -> Iterator[OwnServer]:
    """A server of this file's own: it is stopped, and nobody else's is."""
    with own_server() as server:
        migration(server.url).apply()
        yield server


def probe(app: InProcess, method: str = "GET", **headers: str) -> Answer:
    """As an orchestrator does it: by the address of a container, over http."""
    sent = {"host": "10.0.0.7:8000", "user-agent": "kube-probe/1.30", **headers}
    return app.browser().send(method, "http://10.0.0.7:8000/auth/health", None, sent, 10)


def test_it_is_ready(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever asks, and however often: it sets no cookie, counts for no limit, and the log stays empty."""
    with in_process(tmp_path / "valetkey.db", **{**ON, "VALETKEY_START_LIMIT": "1"}) as app:
        caplog.clear()
        for headers in ({}, {"host": "evil.example"}, {"accept": "text/html"}, {"cookie": "valetkey-session=x"}) * 3:
            answer = probe(app, **headers)
            assert (answer.status, answer.json()) == (200, READY)
            assert answer.header("cache-control") == "no-store"
            assert answer.all("set-cookie") == []
        head = probe(app, "HEAD")
        assert (head.status, head.body, head.header("content-length")) == (200, b"", str(len(answer.body)))
        for method in ("POST", "PUT", "DELETE"):
            refused = probe(app, method)
            assert (refused.status, refused.header("allow")) == (405, "GET, HEAD")
        assert [line for line in caplog.messages if "method_not_allowed" not in line] == []


@pytest.mark.parametrize("off", [{}, {"VALETKEY_HEALTH": "off"}])
def test_it_exists_only_if_it_is_wanted(tmp_path: Path, off: dict[str, str]) -> None:
    with in_process(tmp_path / "valetkey.db", **KEYS, **off) as app:
        assert probe(app).status == 404


def test_its_variable(tmp_path: Path) -> None:
    environ = {**KEYS, "VALETKEY_SECRET": "v" * 30 + "QsbrxUTXo4kPUMO2YdHGPVXb"}
    assert Settings.from_environment({**environ, "VALETKEY_HEALTH": " ON\r\n"}).health is True
    assert Settings.from_environment(environ).health is False
    with pytest.raises(SettingsError, match="VALETKEY_HEALTH: write on or off"):
        Settings.from_environment({**environ, "VALETKEY_HEALTH": "/health"})


def test_a_database_that_is_away(own: OwnServer, tmp_path: Path) -> None:
    """It is not ready, within the store's budget, and says no more than that; and ready again when it is back. The same
    where it was away at the start."""
    with in_process(tmp_path / "unused.db", **ON, VALETKEY_DATABASE=own.url) as app:
        assert probe(app).status == 200
        own.stop()
        try:
            with in_process(tmp_path / "unused.db", **ON, VALETKEY_DATABASE=own.url) as late:
                for one in (app, late):
                    began = time.monotonic()
                    answer = probe(one)
                    assert (answer.status, answer.json()) == (503, NOT_READY)
                    assert answer.header("retry-after") == "2"
                    assert probe(one, "HEAD").status == 503
                    assert time.monotonic() - began < 5.0
                own.start()
                assert [probe(one).status for one in (app, late)] == [200, 200]
        finally:
            own.start_again()


def test_a_database_that_does_not_answer(own: OwnServer, tmp_path: Path) -> None:
    with (
        Severing(own.port) as line,
        in_process(tmp_path / "unused.db", **ON, VALETKEY_DATABASE=own.through(line.port)) as app,
    ):
        assert probe(app).status == 200
        line.swallowing = True
        began = time.monotonic()
        assert json.loads(probe(app).body) == NOT_READY
        assert time.monotonic() - began < 3.0


def test_a_database_that_can_only_be_read_now(own: OwnServer, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It was away at the start, and what comes back is a replica: not ready."""
    own.stop()
    try:
        with in_process(tmp_path / "unused.db", **ON, VALETKEY_DATABASE=own.url) as app:
            own.start()
            own.query("ALTER SYSTEM SET default_transaction_read_only = on")
            own.query("SELECT pg_reload_conf()")
            # The server is told by a signal, and takes its time.
            wait_for(lambda: own.query("SHOW default_transaction_read_only") == [("on",)])
            try:
                for _ in range(2):
                    caplog.clear()
                    answer = probe(app)
                    assert (answer.status, answer.json()) == (503, NOT_READY)
                    assert "VALETKEY_DATABASE: the database can only be read" in caplog.text
            finally:
                own.query("ALTER SYSTEM RESET default_transaction_read_only")
    finally:
        own.start_again()


def test_a_damaged_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "valetkey.db"
    with in_process(file, **ON) as app:
        assert probe(app).status == 200
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    file.write_bytes(content)
    with in_process(file, **ON) as app:
        answer = probe(app)
    assert (answer.status, answer.json()) == (503, NOT_READY)
    assert "malformed" in caplog.text
    assert str(tmp_path) not in answer.text


class Slow:
    """A store that counts how many ask it at once."""

    def __init__(self) -> None:
        self.at_once = self.most = self.asked = 0

    async def read_session(self, session_id: str) -> None:
        self.asked += 1
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0.05)
        self.at_once -= 1


def test_a_flood_of_probes_takes_one_connection() -> None:
    """Anybody may ask. While one probe waits for the database, the others get the last answer."""
    store = Slow()
    health = Health(cast("Store", store))
    incoming = Incoming(method="GET", path="health")

    async def flood() -> list[int]:
        first = [(await health.answer(incoming)).status]
        return first + [one.status for one in await asyncio.gather(*(health.answer(incoming) for _ in range(50)))]

    assert asyncio.run(flood()) == [200] * 51
    assert (store.most, store.asked) == (1, 2)


@types.coroutine
def _for_ever() -> Generator[None, None, None]:
    yield


def test_a_probe_that_never_ends_does_not_stop_the_others() -> None:
    """As in a process that was forked while its parent asked."""

    class Stuck(Slow):
        async def read_session(self, session_id: str) -> None:
            self.asked += 1
            if self.asked == 2:
                await _for_ever()

    store, now = Stuck(), [0.0]
    health = Health(cast("Store", store), monotonic=lambda: now[0])
    incoming = Incoming(method="GET", path="health")
    asyncio.run(health.answer(incoming))
    left = health.answer(incoming)
    left.send(None)
    now[0] = 60.0
    asyncio.run(health.answer(incoming))
    assert store.asked == 3
    left.close()
