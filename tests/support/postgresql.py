"""A real PostgreSQL for a test session: the one that ``VALETKEY_TEST_POSTGRES`` names, or one of our own.

Never skipped: where there is none the tests fail and say what to install. PostgreSQL refuses to run as root, so a
root's server runs as somebody without rights. Each test gets a schema of its own, by options in its URL.
"""

from __future__ import annotations

import itertools
import os
import pwd
import select
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from .servers import free_port

_NUMBERS = itertools.count(1)
_START_SECONDS = 30.0


class Server:
    """``url`` leads to a database in which tests may do everything."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._keeping = threading.Lock()
        self._kept: psycopg.Connection[Any] | None = None
        self._kept_is_in: str | None = None

    def query(self, sql: str, schema: str | None = None) -> list[tuple[Any, ...]]:
        """By itself, on a new connection. In a schema, on one that is kept: to connect costs more than most queries."""
        if schema is None or not self._keeping.acquire(blocking=False):
            url = self.in_schema(schema) if schema else self.url
            with closing(psycopg.connect(url, autocommit=True)) as connection:
                return _rows(connection.execute(sql))
        try:
            return _rows(self._connected(schema).execute(sql))
        finally:
            if self._kept is not None and self._kept.info.transaction_status != TransactionStatus.IDLE:
                self.disconnect()
            self._keeping.release()

    def _connected(self, schema: str) -> psycopg.Connection[Any]:
        """The kept connection, in this schema. A server says nothing unasked but that it hangs up."""
        if self._kept is not None and (self._kept.closed or select.select([self._kept], [], [], 0)[0]):
            self.disconnect()
        if self._kept is None:
            self._kept = psycopg.connect(self.url, autocommit=True, prepare_threshold=None)
        if self._kept_is_in != schema:
            self._kept.execute(f"SET search_path = {schema}")
            self._kept_is_in = schema
        return self._kept

    def disconnect(self) -> None:
        if self._kept is not None:
            self._kept.close()
        self._kept = self._kept_is_in = None

    def in_schema(self, schema: str, url: str | None = None) -> str:
        url = url or self.url
        return f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{schema}"

    @property
    def port(self) -> int:
        return int(conninfo_to_dict(self.url).get("port") or 5432)

    def through(self, port: int) -> str:
        """The same database behind a proxy on this machine, which reads what is said."""
        told = {**conninfo_to_dict(self.url), "host": "127.0.0.1", "port": port}
        return (
            f"postgresql://{told.get('user', '')}:{told.get('password', '')}@127.0.0.1:{port}/{told.get('dbname', '')}"
            "?sslmode=disable&gssencmode=disable"
        )

    def files(self) -> bytes:
        """What lies on its disk beside the tables: log and WAL, where they are within reach."""
        return b""

    def new_schema(self) -> str:
        name = f"test_{os.getpid()}_{next(_NUMBERS)}"
        self.query(f"CREATE SCHEMA {name}")
        return name


class OwnServer(Server):
    """It can be stopped and started again, at the same port.

    Args:
        programs: where the server's programs are.
        folder: for its files.
        hba: who may come in, as pg_hba.conf says it. By default everybody.
        standby_of: the server that it follows, until it is promoted.
        options: more settings, in which ``{folder}`` stands for the folder.
    """

    def __init__(
        self,
        programs: Path,
        folder: Path,
        hba: str | None = None,
        standby_of: OwnServer | None = None,
        **options: str,
    ) -> None:
        self._programs = programs
        self._options = options
        self.folder = folder
        self._who = unprivileged()
        port = free_port()
        super().__init__(f"postgresql://tester:hunter2@127.0.0.1:{port}/postgres")
        folder.chmod(0o755)
        if self._who is not None:
            os.chown(folder, self._who.pw_uid, self._who.pw_gid)
        initdb = [programs / "initdb", "-D", folder / "data", "-U", "tester", "-A", "trust", "-E", "UTF8"]
        command = [*initdb, "--locale=C", "--no-sync", "--no-instructions"]
        if standby_of is not None:
            command = [
                programs / "pg_basebackup",
                "-D",
                folder / "data",
                "-d",
                standby_of.url,
                "-R",
                "-c",
                "fast",
                "-N",
            ]
        made = self._run(command, stdout=subprocess.PIPE)
        said, _ = made.communicate()
        assert made.returncode == 0, said
        if hba is not None:
            (folder / "data" / "pg_hba.conf").write_text(hba)
        self.start()

    def _run(self, command: list[Any], **streams: Any) -> subprocess.Popen[str]:
        who: dict[str, Any] = {}
        if self._who is not None:
            who = {"user": self._who.pw_uid, "group": self._who.pw_gid, "extra_groups": []}
        return subprocess.Popen(
            [str(part) for part in command],
            cwd=self.folder,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # Ctrl-C is for us
            **who,
            **streams,
        )

    def start(self, *, wait: bool = True) -> None:
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "shared_buffers": "16MB",
            "max_connections": "200",
            "autovacuum": "off",
            **{name: value.format(folder=self.folder) for name, value in self._options.items()},
        }
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("a") as log:
            self._process = self._run([self._programs / "postgres", "-D", self.folder / "data", *flags], stdout=log)
        if wait:
            self.wait()

    def wait(self) -> None:
        """Until it answers."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.query("SELECT 1")
                return
            except psycopg.OperationalError:
                running = self._process.poll() is None and time.monotonic() < deadline
                assert running, (self.folder / "log").read_text()[-2000:]
                time.sleep(0.01)

    def stop(self, signal_: int = signal.SIGINT) -> None:
        """SIGINT: hang up on everybody, in order. SIGQUIT: as if it had crashed."""
        self.disconnect()
        self._process.send_signal(signal_)
        self._process.wait(30)

    def promote(self) -> None:
        """Take writes, from now on. Not by ``pg_promote()``: the snapshot of its own session may stand in the way of
        what is replayed first."""
        command = [self._programs / "pg_ctl", "promote", "-D", self.folder / "data", "-w", "-t", "30"]
        promoting = self._run(command, stdout=subprocess.PIPE)
        said, _ = promoting.communicate()
        assert promoting.returncode == 0, said

    def signal_all(self, number: int) -> None:
        """To the server and each of its processes, as nearly at once as possible."""
        for pid in family_of(self.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        if number == signal.SIGKILL:
            self._process.wait(30)

    def start_again(self) -> None:
        """If it is stopped."""
        if self._process.poll() is not None:
            self.start()

    def give(self, name: str, content: bytes) -> Path:
        """A file that the server may read, and nobody else."""
        file = self.folder / name
        file.write_bytes(content)
        file.chmod(0o600)
        if self._who is not None:
            os.chown(file, self._who.pw_uid, self._who.pw_gid)
        return file

    def files(self) -> bytes:
        wal = sorted(file for file in (self.folder / "data" / "pg_wal").iterdir() if file.is_file())
        return b"".join(file.read_bytes() for file in (self.folder / "log", *wal))

    @property
    def pid(self) -> int:
        return self._process.pid


def _rows(cursor: psycopg.Cursor[Any]) -> list[tuple[Any, ...]]:
    return cursor.fetchall() if cursor.description else []


def family_of(*first: int) -> list[int]:
    """These processes and all that descend from them."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    waiting, found = list(first), []
    while waiting:
        pid = waiting.pop(0)
        if pid not in found:
            found.append(pid)
            waiting += children.get(pid, [])
    return found


def unprivileged() -> pwd.struct_passwd | None:
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")


def programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    if not found:
        raise AssertionError(
            "The store's tests need PostgreSQL (Debian: apt-get install postgresql; ./run test does), or a server that "
            "VALETKEY_TEST_POSTGRES names: postgresql://user:password@host/name"
        )
    return found[-1]


@contextmanager
def own_server(hba: str | None = None, **options: str) -> Iterator[OwnServer]:
    folder = Path(tempfile.mkdtemp(prefix="valetkey-postgresql-"))
    try:
        server = OwnServer(programs(), folder, hba, **options)
        try:
            yield server
        finally:
            server.stop(signal.SIGQUIT)
    finally:
        # A schema for each test is tens of thousands of files by now, and nobody waits for them to go.
        os.spawnlp(os.P_NOWAIT, "rm", "rm", "-rf", str(folder))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    named = os.environ.get("VALETKEY_TEST_POSTGRES")
    if named:
        yield (server := Server(named))
        server.disconnect()
    else:
        with own_server() as server:
            yield server
