"""Two PostgreSQL servers, one of which is the other's synchronous standby and takes its place: a failover in a second,
with nobody who decides it. ``support.patroni`` has a cluster that decides by itself."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .postgresql import OwnServer, Server, programs
from .waiting import wait_for


class Pair(Server):
    """``url`` lists both, and asks for the one that takes writes."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o755)
        for name in ("primary", "standby"):
            (folder / name).mkdir()
        self.primary = OwnServer(programs(), folder / "primary")
        self.standby = OwnServer(programs(), folder / "standby", standby_of=self.primary)
        super().__init__(self._at(self.primary.port, self.standby.port))
        # From now on a commit is answered when the standby has it.
        self.primary.query("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.primary.query("SELECT pg_reload_conf()")
        asked = "SELECT sync_state FROM pg_stat_replication"
        wait_for(lambda: self.primary.query(asked) == [("sync",)], 30, what="a standby that follows")

    def _at(self, *ports: int) -> str:
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
        return f"postgresql://tester:hunter2@{hosts}/postgres?target_session_attrs=read-write"

    def through_first(self, port: int, schema: str) -> str:
        """The same, with a proxy on this machine in front of the primary, which reads what is said."""
        return self.in_schema(schema, self._at(port, self.standby.port) + "&sslmode=disable&gssencmode=disable")

    def fail_over(self, how: int = signal.SIGKILL) -> None:
        """The primary is killed (SIGKILL), or hangs (SIGSTOP). Then the standby takes its place."""
        self.disconnect()
        self.primary.signal_all(how)
        self.standby.promote()

    def stop(self) -> None:
        self.disconnect()
        for one in (self.primary, self.standby):
            one.signal_all(signal.SIGKILL)


@contextmanager
def pair() -> Iterator[Pair]:
    folder = Path(tempfile.mkdtemp(prefix="valetkey-standby-"))
    with ExitStack() as over:
        over.callback(os.spawnlp, os.P_NOWAIT, "rm", "rm", "-rf", str(folder))
        made = Pair(folder)
        over.callback(made.stop)
        yield made
