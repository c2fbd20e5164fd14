"""A PostgreSQL cluster that Patroni keeps: an etcd, and three members on this machine.

Replication is synchronous and strict: a commit is answered when another member has it. A member that is killed is
killed as if its machine had lost its power: Patroni, PostgreSQL and every process of either, at once.

PostgreSQL does not run as root. Where the tests do, the members run as the user ``postgres``, who may read what root
may: the environment that ``./run soak failover`` makes may be below a folder that is root's alone.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from .postgresql import Server, family_of, programs, unprivileged
from .servers import free_port
from .waiting import wait_for

ROOT = Path(__file__).parents[2]
PATRONI = ROOT / ".venv-patroni" / "bin" / "python"
NAMES = ("one", "two", "three")

# How long a leader that says nothing is still the leader: the shortest that Patroni allows. It decides how long a
# failover takes. The others fit to it: loop_wait + 2 * retry_timeout must not be longer.
TTL_SECONDS, LOOP_SECONDS, RETRY_SECONDS = 20, 2, 9
_START_SECONDS = 120.0  # on a machine that is busy with other tests


class Etcd:
    """Where the members agree on their leader."""

    def __init__(self, folder: Path) -> None:
        self.port, peers = free_port(), free_port()
        urls = {"client": f"http://127.0.0.1:{self.port}", "peer": f"http://127.0.0.1:{peers}"}
        self._log = (folder / "etcd.log").open("w")
        self._process = subprocess.Popen(
            [
                "etcd", "--name", "only", "--data-dir", str(folder / "etcd"),
                "--listen-client-urls", urls["client"], "--advertise-client-urls", urls["client"],
                "--listen-peer-urls", urls["peer"], "--initial-advertise-peer-urls", urls["peer"],
                "--initial-cluster", f"only={urls['peer']}",
                "--unsafe-no-fsync",
            ],
            stdout=self._log, stderr=self._log, start_new_session=True,
        )  # fmt: skip
        wait_for(self._answers, _START_SECONDS, what="etcd")

    def _answers(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=2) as answer:
            return bool(json.load(answer)["health"] == "true")
        return False

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(10)
        self._log.close()


class Member:
    """A PostgreSQL, and the Patroni that runs it."""

    def __init__(self, name: str, folder: Path, etcd: Etcd) -> None:
        self.name = name
        self.port, self._asked_at = free_port(), free_port()
        self._folder = folder / name
        self._folder.mkdir()
        self._who = unprivileged()
        if self._who is not None:
            os.chown(self._folder, self._who.pw_uid, self._who.pw_gid)
        self.data = self._folder / "data"
        self._config = self._folder / "patroni.json"  # which is YAML, too
        self._config.write_text(json.dumps(self._settings(etcd)))
        self.log_file = self._folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def _settings(self, etcd: Etcd) -> dict[str, Any]:
        asked_at, listens_at = f"127.0.0.1:{self._asked_at}", f"127.0.0.1:{self.port}"
        people = {
            "superuser": {"username": "tester", "password": "hunter2"},
            "replication": {"username": "copying", "password": "hunter2"},
            "rewind": {"username": "rewinding", "password": "hunter2"},
        }
        parameters = {
            "max_connections": 200,
            "shared_buffers": "16MB",
            "unix_socket_directories": "",
            "wal_keep_size": "256MB",
            "wal_retrieve_retry_interval": "1s",
        }
        return {
            "scope": "valetkey",
            "name": self.name,
            "restapi": {"listen": asked_at, "connect_address": asked_at},
            "etcd3": {"host": f"127.0.0.1:{etcd.port}"},
            "bootstrap": {
                "dcs": {
                    "ttl": TTL_SECONDS,
                    "loop_wait": LOOP_SECONDS,
                    "retry_timeout": RETRY_SECONDS,
                    "synchronous_mode": True,
                    "synchronous_mode_strict": True,
                    "postgresql": {"use_pg_rewind": True, "use_slots": True, "parameters": parameters},
                },
                "initdb": [{"encoding": "UTF8"}, {"locale": "C"}],
            },
            "postgresql": {
                "listen": listens_at,
                "connect_address": listens_at,
                "data_dir": str(self.data),
                "bin_dir": str(programs()),
                "pgpass": str(self._folder / "pgpass"),
                "authentication": people,
                "pg_hba": ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"],
                # A member that cannot come back by pg_rewind must not be made anew without anybody's notice.
                "remove_data_directory_on_rewind_failure": False,
                "remove_data_directory_on_diverged_timelines": False,
            },
        }

    def start(self) -> None:
        as_whom = []
        if self._who is not None:
            reads_all = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
            as_whom = ["setpriv", f"--reuid={self._who.pw_uid}", f"--regid={self._who.pw_gid}", "--clear-groups"]
            as_whom += reads_all
        with self.log_file.open("a") as log:
            self._process = subprocess.Popen(
                [*as_whom, str(PATRONI), "-m", "patroni", str(self._config)],
                cwd=self._folder,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "HOME": str(self._folder)},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """All of it at once, by SIGKILL."""
        assert self._process is not None
        processes = self._processes()
        for pid in processes:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(10)
        for pid in processes:
            wait_for(lambda pid=pid: not Path(f"/proc/{pid}").exists(), _START_SECONDS, what=f"the end of {pid}")
        self._process = None

    def _processes(self) -> list[int]:
        """Patroni first, so that it starts nothing anew, then the server with its processes."""
        assert self._process is not None
        first = [self._process.pid]
        with suppress(OSError, ValueError):
            first.append(int((self.data / "postmaster.pid").read_text().split()[0]))
        return family_of(*first)

    def stop(self) -> None:
        if self._process is not None:
            self.kill()

    @property
    def rewound(self) -> int:
        """How often it came back by pg_rewind."""
        return self.log_file.read_text(errors="replace").count("pg_rewind exit code=0")

    def cluster(self) -> list[dict[str, Any]]:
        """The members as this one sees them; nothing while it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._asked_at}/cluster", timeout=3) as answer:
                return list(json.load(answer)["members"])
        except (OSError, ValueError, KeyError):
            return []


class Cluster(Server):
    """The three members. ``url`` is what an app is given: every host, and which of them it wants."""

    def __init__(self, folder: Path) -> None:
        if not PATRONI.exists():
            raise AssertionError(f"{PATRONI} is missing: ./run soak failover makes it")
        folder.chmod(0o755)
        self.etcd = Etcd(folder)
        self.members = [Member(name, folder, self.etcd) for name in NAMES]
        hosts = ",".join(f"127.0.0.1:{member.port}" for member in self.members)
        super().__init__(f"postgresql://tester:hunter2@{hosts}/postgres?target_session_attrs=read-write")

    def start(self) -> None:
        self.members[0].start()  # which makes the cluster
        wait_for(self.leader, _START_SECONDS, what="the first member")
        for member in self.members[1:]:
            member.start()
        self.wait_until_whole()

    def seen(self) -> list[dict[str, Any]]:
        return next((seen for member in self.members if (seen := member.cluster())), [])

    def leader(self) -> Member | None:
        name = next((one["name"] for one in self.seen() if one["role"] == "leader"), None)
        return next((member for member in self.members if member.name == name), None)

    def wait_until_whole(self) -> None:
        """One leads, and the others stream from it on its timeline, one of them synchronously."""
        wait_for(self._is_whole, _START_SECONDS, what=f"a whole cluster, and not {self.seen()}")

    def _is_whole(self) -> bool:
        seen = self.seen()
        states = sorted((one["role"], one["state"]) for one in seen)
        streaming = [("leader", "running"), ("replica", "streaming"), ("sync_standby", "streaming")]
        return states == streaming and len({one.get("timeline") for one in seen}) == 1

    def commits(self) -> bool:
        """Whether a write is committed now, as an app would write it."""
        with suppress(psycopg.Error), closing(psycopg.connect(self.url, autocommit=True)) as connection:
            connection.execute("UPDATE probe SET at = clock_timestamp()")
            return True
        return False

    def stop(self) -> None:
        for member in self.members:
            member.stop()
        self.etcd.stop()


@contextmanager
def cluster() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="valetkey-patroni-") as name:
        made = Cluster(Path(name))
        try:
            made.start()
            made.query("CREATE TABLE probe AS SELECT clock_timestamp() AS at")
            yield made
        finally:
            made.stop()
