"""docs/deploy/backups.md: what it has one type, and what it says of a restore."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.testclient import TestClient
from support.postgresql import Server, postgresql  # noqa: F401  # a fixture
from support.written import blocks_of

from valetkey import Settings
from valetkey.frameworks.fastapi import SignIn
from valetkey.storage import migration
from valetkey.testing import Sandbox, signed_in

BLOCKS = blocks_of("docs/deploy/backups.md")


def test_every_block_is_run() -> None:
    assert set(BLOCKS) == {"sqlite", "postgresql"}


def client(sandbox: Sandbox, database: str, secret: str | None = None) -> TestClient:
    environ = sandbox.environment | {"VALETKEY_DATABASE": database}
    settings = Settings.from_environment(environ | ({"VALETKEY_SECRET": secret} if secret else {}))
    app = FastAPI()
    app.include_router(SignIn(settings).router)
    return TestClient(app, settings.public_origin)


def is_signed_in(visitor: TestClient) -> bool:
    return visitor.get("/auth/session").json()["account"] is not None


def sh(line: str, at: Path, **env: str) -> None:
    subprocess.run(["sh", "-e", "-c", line], cwd=at, env={**os.environ, **env}, check=True)


def at_another_time(visitor: TestClient, sandbox: Sandbox, database: str, secret: str | None = None) -> TestClient:
    """The same browser, when the app has started again."""
    later = client(sandbox, database, secret)
    later.cookies.update(visitor.cookies)
    later.headers.update(visitor.headers)
    return later


def test_sqlite(valetkey_sandbox: Sandbox, tmp_path: Path) -> None:
    """The copy is complete while the app runs. A session that has ended since is back, and another secret ends it."""
    database = f"sqlite:///{tmp_path}/valetkey.db"
    visitor = client(valetkey_sandbox, database)
    signed_in(visitor, "ada")
    kept = dict(visitor.cookies)
    sh(BLOCKS["sqlite"], tmp_path)
    assert visitor.delete("/auth/session").status_code == 204
    visitor.cookies.update(kept)
    assert not is_signed_in(at_another_time(visitor, valetkey_sandbox, database))

    for name in ("valetkey.db-wal", "valetkey.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    shutil.move(tmp_path / "backup.db", tmp_path / "valetkey.db")
    assert is_signed_in(at_another_time(visitor, valetkey_sandbox, database))
    assert not is_signed_in(at_another_time(visitor, valetkey_sandbox, database, "k" + os.urandom(32).hex()))


def test_postgresql(valetkey_sandbox: Sandbox, tmp_path: Path, postgresql: Server) -> None:
    name = "backed_up"
    postgresql.query(f"CREATE DATABASE {name}")
    parts = urlsplit(postgresql.url)
    database = parts._replace(path=f"/{name}").geturl()
    migration(database).apply()
    visitor = client(valetkey_sandbox, database)
    signed_in(visitor, "ada")
    kept = dict(visitor.cookies)
    dump, restore = BLOCKS["postgresql"].splitlines()
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
    path = f"{programs}:{os.environ['PATH']}"
    sh(dump, tmp_path, VALETKEY_DATABASE=database, PATH=path)
    visitor.delete("/auth/session")
    visitor.cookies.update(kept)
    assert not is_signed_in(at_another_time(visitor, valetkey_sandbox, database))
    sh(restore, tmp_path, VALETKEY_DATABASE=database, PATH=path)
    assert is_signed_in(at_another_time(visitor, valetkey_sandbox, database))
