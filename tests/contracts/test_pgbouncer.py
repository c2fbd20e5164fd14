"""Behind a real PgBouncer in transaction mode, with a schema of our own: a whole login, and nobody else's tables."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import psycopg
import pytest
from postgresql_bench import PostgreSQLBench
from store_contract.bench import a_key
from support.pgbouncer import pgbouncer
from support.postgresql import Server
from support.waiting import wait_for

from valetkey.errors import SettingsError, StoreError
from valetkey.http_client.runner import ThreadRunner
from valetkey.models import Profile
from valetkey.storage import migration, open_store
from valetkey.storage.base import Store


@pytest.fixture(scope="module")
def port(postgresql: Server) -> Iterator[int]:
    with pgbouncer(postgresql) as port:
        yield port


@pytest.fixture(params=[True, False], ids=["blocking", "loop"])
def blocking(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def through(server: Server, port: int, options: str) -> str:
    return f"{server.through(port)}&{options}".replace("gssencmode=disable&", "")


SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda schema: f"options=-csearch_path%3D{schema}",
    lambda schema: f"options=-c%20search_path%3D{schema}%2Cpg_catalog",
    lambda schema: f"options=--search-path%3D{schema}",
    lambda schema: f"options=-csearch_path%3Dnowhere%20-c%20SEARCH_PATH%3D{schema}",
    lambda schema: f"options=-csearch_path%3Dnowhere&options=--search_path%3D%22{schema}%22%2C%5C%20public",
)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_schema_in_every_spelling(
    postgresql: Server, port: int, blocking: bool, spelling: Callable[[str], str]
) -> None:
    """The start, the migration, reads and writes. Two apps with a schema each share the pooler's two connections."""
    schemas = [postgresql.new_schema() for _ in range(2)]
    urls = [through(postgresql, port, spelling(schema)) for schema in schemas]
    for url in urls:
        assert migration(url).found == 0
        assert migration(url).apply()
    benches = [PostgreSQLBench(postgresql, blocking=blocking) for _ in urls]
    for bench, schema, url in zip(benches, schemas, urls, strict=True):
        bench.run(bench.store.close())
        bench.schema, bench.store = schema, open_store(url, blocking=blocking)
    rows = [bench.sign_in("1001") for bench in benches]
    for _ in range(3):
        for bench, row, other in zip(benches, rows, reversed(rows), strict=True):
            assert bench.is_live(row.id)
            assert bench.read_session(other.id) is None
            assert [bench.count(table) for table in ("accounts", "sessions")] == [1, 1]
            assert bench.claim(a_key()).mine
    for bench in benches:
        bench.close()


def test_names_that_need_quotes(postgresql: Server, port: int) -> None:
    """A schema's name with an apostrophe, a percent sign and a backslash ends no literal."""
    name = "it's 100%(now)s {x} \\o/"
    postgresql.query(f'CREATE SCHEMA "{name}"')
    quoted = "".join(f"%{octet:02X}" for octet in f'"{name}"'.replace("\\", "\\\\").replace(" ", "\\ ").encode())
    url = through(postgresql, port, f"options=-csearch_path%3D{quoted}")
    migration(url).apply()
    bench = PostgreSQLBench(postgresql, blocking=True)
    bench.run(bench.store.close())
    bench.store = open_store(url, blocking=True)
    assert bench.is_live(bench.sign_in("1001").id)
    assert postgresql.query(f'SELECT count(*) FROM "{name}".sessions') == [(1,)]
    bench.close()


def test_other_options_are_named(postgresql: Server, port: int) -> None:
    """PgBouncer refuses them. The sentence has their names, and no value."""
    options = "options=-csearch_path%3Dx%20-c%20statement_timeout%3D7654%20--work-mem%3D9MB"
    with pytest.raises(SettingsError, match="statement_timeout, work_mem") as refused:
        open_store(through(postgresql, port, options), blocking=True)
    assert "VALETKEY_DATABASE" in str(refused.value)
    assert "ignore_startup_parameters = options" in str(refused.value)
    assert not any(value in str(refused.value) for value in ("7654", "9MB", "hunter2"))


def test_what_pgbouncer_refuses(postgresql: Server, caplog: pytest.LogCaptureFixture) -> None:
    """A user that it does not know stops the start. A server that is away, or too many clients, may come back."""
    with (
        pgbouncer(postgresql, auth_type="trust", auth_file="/dev/null") as port,
        pytest.raises(SettingsError, match="VALETKEY_DATABASE: the server does not accept the user"),
    ):
        open_store(through(postgresql, port, ""), blocking=True)
    with pgbouncer(postgresql, max_client_conn="1") as port:
        schema = postgresql.new_schema()
        url = through(postgresql, port, f"options=-csearch_path%3D{schema}")
        migration(postgresql.in_schema(schema)).apply()
        with psycopg.connect(postgresql.through(port)):
            store = open_store(url, blocking=True)
            with pytest.raises(StoreError):
                ThreadRunner().run(store.read_session("nobody"))
        assert "no connection to spare" in caplog.text
        wait_for(lambda: _answers(store))
        ThreadRunner().run(store.close())


def _answers(store: Store) -> bool:
    try:
        return ThreadRunner().run(store.read_session("nobody")) is None
    except StoreError:
        return False


def test_a_pooler_that_closes_what_is_idle(postgresql: Server, blocking: bool) -> None:
    """Its own limit on idle clients, the shortest that there is. A login goes on as if nothing were."""
    with pgbouncer(postgresql, client_idle_timeout="1", server_idle_timeout="1") as port:
        bench = PostgreSQLBench(postgresql, blocking=blocking)
        bench.run(bench.store.close())
        bench.store = open_store(
            through(postgresql, port, f"options=-csearch_path%3D{bench.schema}"), blocking=blocking
        )
        key = a_key()
        bench.claim(key)
        (idle,) = [connection for pool in bench.store._access._pools._pools.values() for connection, _ in pool._idle]  # type: ignore[attr-defined]
        while idle.usable:
            time.sleep(0.02)
        assert bench.finish(key, profile=Profile(subject=key)) is not None
        bench.close()
