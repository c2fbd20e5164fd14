"""What stops a start, and what only warns: each fault made by a real server. No sentence, log, repr or chained error
has the password, whatever characters it has."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from support.authority import Authority
from support.deaf import Deaf
from support.postgresql import OwnServer, Server, own_server
from support.servers import free_port

from valetkey.errors import SettingsError, StoreError
from valetkey.http_client.runner import ThreadRunner
from valetkey.settings.environment import database_of
from valetkey.storage import migration, open_store

CANARY = "canary-%@:/?#&+ '\"\\ä€-canary"
CLEAN = "canary" + quote(CANARY.removeprefix("canary").removesuffix("canary"), safe="-") + "canary"
HBA = """
local all tester trust
host all tester 127.0.0.1/32 trust
host all tester ::1/128 trust
hostssl all tls 127.0.0.1/32 scram-sha-256
host all tls 127.0.0.1/32 reject
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def guarded(authority: Authority) -> Iterator[OwnServer]:
    """It asks for passwords, listens at a socket too, and has TLS."""
    with own_server(HBA, unix_socket_directories="{folder}", listen_addresses="127.0.0.1,::1") as server:
        pem = server.give("server.pem", authority.pem())
        sql = f"""
            ALTER SYSTEM SET ssl_cert_file = '{pem}'; ALTER SYSTEM SET ssl_key_file = '{pem}'; ALTER SYSTEM SET ssl = on
        """
        for statement in sql.split(";"):
            server.query(statement)
        server.query("SELECT pg_reload_conf()")
        password = CANARY.replace("'", "''")
        for role in ("guest", "tls", "stranger", "reader"):
            server.query(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'")
        server.query("CREATE ROLE nologin PASSWORD 'x'")
        server.query("ALTER ROLE reader SET default_transaction_read_only = on")
        server.query("CREATE DATABASE closed")
        server.query("REVOKE CONNECT ON DATABASE closed FROM PUBLIC")
        migration(server.url).apply()
        for role in ("guest", "tls", "reader"):
            server.query(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
        server.query("GRANT SELECT ON ALL TABLES IN SCHEMA public TO stranger")
        yield server


class Judged:
    """What a start said, and everything that could be recorded of it."""

    def __init__(self, url: str, caplog: pytest.LogCaptureFixture) -> None:
        caplog.clear()
        caplog.set_level(logging.DEBUG)
        self.refused, shown = None, []
        try:
            store = open_store(url, blocking=True)
        except SettingsError as error:
            self.refused = error.hint
            shown = [*traceback.format_exception(error), repr(error), *_variables(error)]
        else:
            shown.append(repr(store) + str(vars(store)))
            try:
                ThreadRunner().run(store.read_session("nobody"))
            except StoreError as error:
                shown += [*traceback.format_exception(error), repr(error.__cause__), *_variables(error)]
            ThreadRunner().run(store.close())
        self.log = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("valetkey"))
        everything = caplog.text + "".join(shown) + (self.refused or "")
        for secret in (CANARY, CLEAN, CANARY.replace("'", "\\'"), "canary-", "-canary"):
            assert secret not in everything


def _variables(error: BaseException | None) -> list[str]:
    """The variables of the driver and of ours where it is called, as error trackers record them."""
    found = []
    while error is not None:
        found += [
            repr(value)
            for frame, _ in traceback.walk_tb(error.__traceback__)
            if re.search(
                r"/psycopg/|/postgresql/(connections|pool|access|starting|schema)\.py", frame.f_code.co_filename
            )
            for value in frame.f_locals.values()
        ]
        error = error.__cause__ or error.__context__
    return found


def url_of(server: Server, user: str = "guest", password: str = CLEAN, name: str = "postgres", more: str = "") -> str:
    return f"postgresql://{user}:{password}@127.0.0.1:{server.port}/{name}?{more}"


# What can never work.


@pytest.mark.parametrize(
    ("sentence", "parts"),
    [
        ("does not accept the user or the password", {"password": CLEAN + "x"}),
        ("does not accept the user or the password", {"user": "nobody"}),
        ("does not accept the user or the password", {"password": ""}),
        ("does not let this user in from here", {"user": "tls", "more": "sslmode=disable"}),
        ("does not let this user in. Create the role with LOGIN", {"user": "nologin", "password": "x"}),
        ("does not exist on the server. Create it", {"name": "nowhere"}),
        ("no right to use the database", {"name": "closed"}),
        ("no right to use the database or valetkey's tables. Grant", {"user": "stranger"}),
        ("can only be read: it is a replica, or the role's", {"user": "reader"}),
        ("certificate is not accepted. sslrootcert", {"more": "sslmode=verify-full&sslrootcert=system"}),
        ("a certificate or key that the URL names", {"more": "sslmode=verify-full&sslrootcert=/nowhere.pem"}),
    ],
)
def test_what_can_never_work(
    guarded: OwnServer, caplog: pytest.LogCaptureFixture, sentence: str, parts: dict[str, str]
) -> None:
    judged = Judged(url_of(guarded, **parts), caplog)
    assert judged.refused is not None
    assert judged.refused.startswith("VALETKEY_DATABASE: ")
    assert sentence in judged.refused


def test_a_server_without_tls(postgresql: Server, caplog: pytest.LogCaptureFixture) -> None:
    judged = Judged(url_of(postgresql, more="sslmode=require"), caplog)
    assert judged.refused is not None
    assert "offers no TLS, which sslmode asks for" in judged.refused


def test_nothing_is_written_by_the_check(guarded: OwnServer, caplog: pytest.LogCaptureFixture) -> None:
    tables = ("login_claims", "accounts", "identities", "sessions", "revoked_sessions", "audit_events")
    assert Judged(url_of(guarded), caplog).refused is None
    assert [guarded.query(f"SELECT count(*) FROM {table}") for table in tables] == [[(0,)]] * len(tables)
    assert caplog.text == ""


def test_whoever_only_reads_needs_no_right_to_write(guarded: OwnServer) -> None:
    """The list of accounts, by a role for reports."""
    for user in ("reader", "stranger"):
        store = open_store(url_of(guarded, user), blocking=True, existing=True)
        assert ThreadRunner().run(store.list_accounts()) == ()
        ThreadRunner().run(store.close())


# What may come back.


def test_what_may_come_back(guarded: OwnServer, caplog: pytest.LogCaptureFixture) -> None:
    """The app starts, and the log says why it cannot sign anybody in now."""
    nowhere = url_of(guarded).replace(f":{guarded.port}/", f":{free_port()}/")
    unknown = url_of(guarded).replace("@127.0.0.1:", "@db.invalid:")
    primary = url_of(guarded, user="reader", more="target_session_attrs=read-write")
    for url, sentence in (
        (nowhere, "nothing listens there"),
        (unknown, "name cannot be resolved now"),
        (primary, "there is no primary now"),
    ):
        judged = Judged(url, caplog)
        assert judged.refused is None
        assert sentence in judged.log
        assert "requests get a 503 until it can be used" in judged.log


def test_a_server_that_does_not_answer(caplog: pytest.LogCaptureFixture, guarded: OwnServer) -> None:
    silent = Deaf("127.0.0.1", 0)
    try:
        judged = Judged(url_of(guarded).replace(f":{guarded.port}/", f":{silent.port}/"), caplog)
    finally:
        silent.stop()
    assert judged.refused is None
    assert "does not answer" in judged.log


def test_a_server_that_is_full(guarded: OwnServer, caplog: pytest.LogCaptureFixture) -> None:
    guarded.query("ALTER ROLE guest CONNECTION LIMIT 0")
    try:
        judged = Judged(url_of(guarded), caplog)
    finally:
        guarded.query("ALTER ROLE guest CONNECTION LIMIT -1")
    assert judged.refused is None
    assert "no connection to spare" in judged.log


def test_one_of_two_hosts_may_come_back(guarded: OwnServer, caplog: pytest.LogCaptureFixture) -> None:
    """The one that answers refuses the password; the other, which is away, may have another role of this name."""
    url = url_of(guarded, password="x").replace("@", f"@127.0.0.1:{free_port()},")
    assert Judged(url, caplog).refused is None


# URLs.


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://guest:{password}@127.0.0.1:{port}/postgres",
        "postgres://guest:{password}@[::1]:{port}/postgres",
        "postgresql://guest:{password}@127.0.0.1:{port}/postgres?sslmode=disable",
        "postgresql://tls:{password}@127.0.0.1:{port}/postgres?sslmode=require",
        "postgresql://tls:{password}@127.0.0.1:{port}/postgres?ssl=true",
        "postgresql://tls:{password}@localhost:{port}/postgres?sslmode=verify-full&sslrootcert={authority}",
        "postgresql:///postgres?host={folder}&port={port}&user=guest&password={password}",
        "postgresql://guest:{password}@{encoded}:{port}/postgres",
        "postgresql://guest:{password}@/postgres?host={folder}&port={port}",
        "postgresql://guest:{password}@127.0.0.1:{other},127.0.0.1:{port}/postgres?target_session_attrs=read-write",
    ],
)
@pytest.mark.parametrize("around", ["", "\r\n"])
def test_urls_that_work(
    guarded: OwnServer, authority: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture, url: str, around: str
) -> None:
    """Sockets, TLS, several hosts, and every character in the password; also from a file whose line ends are Windows'
    own."""
    url = url.format(
        password=CLEAN,
        port=guarded.port,
        other=free_port(),
        authority=authority.file,
        folder=guarded.folder,
        encoded=quote(str(guarded.folder), safe=""),
    )
    file = tmp_path / "database"
    file.write_bytes(f"{around}{url}{around}".encode())
    for environ in ({"VALETKEY_DATABASE": f"{around}{url} {around}"}, {"VALETKEY_DATABASE_FILE": str(file)}):
        judged = Judged(database_of(environ), caplog)
        assert (judged.refused, judged.log) == (None, "")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql+psycopg://u:canary-@h/d", "leave out +psycopg"),
        ("postgresql+asyncpg://u:canary-@h/d", "leave out +asyncpg"),
        ("postgres+psycopg2://u:canary-@h/d", "leave out +psycopg2"),
        ("sqlite+aiosqlite:///valetkey.db", "leave out +aiosqlite"),
        ('"postgresql://u:canary-@h/d"', "leave out the quotation marks"),
        ("'sqlite:///valetkey.db'", "leave out the quotation marks"),
        ("postgresql://u:canary-@h/d?pgbouncer=true", "pgbouncer: leave it out; PgBouncer needs no setting"),
        (
            "postgresql://u:canary-@h/d?schema=canary-",
            "schema: for a schema of its own, write options=-csearch_path%3D",
        ),
        ("postgresql://u:canary-@h/d?currentSchema=x&ssl=1", "currentSchema: for a schema"),
        ("postgresql://u:canary-@h/d?currentSchema=x&ssl=1", "ssl: write sslmode=require"),
        ("postgresql://u:canary-@h/d?connection_limit=5", "connection_limit: leave it out"),
        ("postgresql://u:canary-@h/d?pool_timeout=canary-", "pool_timeout: leave it out"),
        ("postgresql://u:canary-@h/d?prepareThreshold=0", "prepareThreshold: leave it out; no statement is prepared"),
        ("postgresql://u:canary-@h/d?sslmod=require", "sslmod: leave it out, or correct its name"),
        ("postgresql://u:canary-@h/d?sslmode=no-verify", "sslmode must be one of disable"),
        ("postgresql://u:canary-@h/d?connect_timeout=canary-", "connect_timeout must be a whole number"),
        ("postgresql://u:can@ary-@h/d", "Percent-encode"),
        ("postgresql://u:canary-/x@h/d", "Percent-encode"),
        ("postgresql://u:3/canary-@h/d", "Percent-encode"),
        ("postgresql://u:canary-?x@h/d", "Percent-encode"),
        ("postgresql://u:canary-?x=1&y@h/d", "Percent-encode"),
        ("postgresql://u:100%canary-@h/d", "written as in %3A"),
        ("postgresql://u:canary-@h!h/d", "cannot be the name of one"),
        ("postgresql://u:canary-@h:canary-/d", "written as in %3A"),
    ],
)
def test_urls_of_other_programs(caplog: pytest.LogCaptureFixture, url: str, sentence: str) -> None:
    """Each is named, with what to write instead, and no value is quoted."""
    judged = Judged(url, caplog)
    assert judged.refused is not None
    assert "VALETKEY_DATABASE" in judged.refused
    assert sentence in judged.refused
