"""A real PgBouncer before a PostgreSQL of the tests, as it is mostly run: in transaction mode."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from .postgresql import Server
from .servers import free_port

_START_SECONDS = 20.0


@contextmanager
def pgbouncer(server: Server, **settings: str) -> Iterator[int]:
    """Its port. The settings are lines of its configuration."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert program, "These tests need PgBouncer (Debian: apt-get install pgbouncer; ./run test does)"
    target = conninfo_to_dict(server.url)
    folder, port = Path(tempfile.mkdtemp(prefix="valetkey-pgbouncer-")), free_port()
    lines = {
        "listen_addr": "127.0.0.1",
        "listen_port": str(port),
        "unix_socket_dir": "",
        "auth_type": "any",
        "pool_mode": "transaction",
        "default_pool_size": "2",
        "max_client_conn": "200",
        **settings,
    }
    user = f"user={target.get('user', '')} password={target.get('password', '')}"
    where = f"host=127.0.0.1 port={server.port} dbname={target.get('dbname', '')} {user}"
    written = "\n".join(f"{name} = {value}" for name, value in lines.items())
    (folder / "pgbouncer.ini").write_text(f"[databases]\n* = {where}\n[pgbouncer]\n{written}\n")
    who = {"user": pwd.getpwnam("nobody").pw_uid, "extra_groups": []} if os.getuid() == 0 else {}
    for file in (folder, folder / "pgbouncer.ini"):
        file.chmod(0o755)
    log = (folder / "log").open("wb")
    process = subprocess.Popen([program, str(folder / "pgbouncer.ini")], stdout=log, stderr=log, cwd=folder, **who)  # type: ignore[call-overload]
    try:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                said = (folder / "log").read_text()
                assert process.poll() is None and time.monotonic() < deadline, said[-2000:]
                time.sleep(0.01)
        yield port
    finally:
        process.terminate()
        process.wait(10)
        log.close()
        shutil.rmtree(folder)
