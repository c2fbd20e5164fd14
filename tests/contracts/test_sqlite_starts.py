"""What stops a start on an SQLite file, and what only warns. As an ordinary user, since root may write anything."""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlite_bench import SQLiteBench
from sqlite_trouble import held, python

from valetkey import Admin, AsyncAdmin
from valetkey.cli.main import main
from valetkey.errors import SettingsError
from valetkey.storage import migration, open_store
from valetkey.storage.sqlite import faults, schema, tables

STARTS = """
    import json, logging, os, sys
    from pathlib import Path
    from valetkey.errors import SettingsError
    from valetkey.http_client.runner import ThreadRunner
    from valetkey.storage import migration, open_store
    from valetkey.storage.sqlite import SQLiteStore
    folder = Path(sys.argv[1])
    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    said = {}

    def start(name, path, by=open_store):
        try:
            store = by(f"sqlite:///{path}", blocking=True) if by is open_store else by(f"sqlite:///{path}").apply()
        except SettingsError as error:
            said[name] = error.hint
        else:
            said[name] = "started"

    def made(name, mode, folder_mode, again=False):
        (folder / name).mkdir()
        file = folder / name / "valetkey.db"
        open_store(f"sqlite:///{file}", blocking=True)
        if again:
            (folder / name / "valetkey.db-wal").touch()
        file.chmod(mode)
        (folder / name).chmod(folder_mode)
        return file

    start("read-only file", made("one", 0o400, 0o700))
    start("read-only directory, with a file", made("two", 0o600, 0o500))
    start("read-only both", made("three", 0o400, 0o500))
    start("unreadable file", made("four", 0o000, 0o700))
    made("five", 0o600, 0o500)
    start("read-only directory, without a file", folder / "five" / "other.db")
    start("migration into it", folder / "five" / "other.db", migration)
    start("no entry", made("six", 0o600, 0o000))
    start("no entry, without a file", folder / "six" / "other.db")
    start("no entry above", folder / "six" / "seven" / "other.db")
    start("everything is right", made("eight", 0o600, 0o700))
    for one in folder.iterdir():
        one.chmod(0o700)
    print(json.dumps(said))
"""
MAY_NOT = "VALETKEY_DATABASE: this process may not write the file or its directory"
NO_ENTRY = "VALETKEY_DATABASE: this process may not enter the directory"
EXPECTED = {
    "read-only file": MAY_NOT,
    "read-only directory, with a file": MAY_NOT,
    "read-only both": MAY_NOT,
    "unreadable file": MAY_NOT,
    "read-only directory, without a file": MAY_NOT,
    "migration into it": MAY_NOT,
    "no entry": NO_ENTRY,
    "no entry, without a file": NO_ENTRY,
    "no entry above": NO_ENTRY,
    "everything is right": "started",
}


@pytest.fixture(scope="module")
def said() -> Any:
    folder = Path(tempfile.mkdtemp())
    if os.getuid() == 0:
        os.chown(folder, 65534, 65534)
    out, err = python(STARTS, str(folder)).communicate(timeout=60)
    shutil.rmtree(folder)
    assert out, err
    return json.loads(out)


@pytest.mark.parametrize("place", EXPECTED)
def test_rights(said: dict[str, str], place: str) -> None:
    assert said[place].startswith(EXPECTED[place])


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.EROFS, "mounted read-only"),
        (errno.EACCES, "may not write"),
        (errno.ENAMETOOLONG, "not one that this system can have"),
        (errno.ENOSPC, None),
        (errno.EMFILE, None),
        (errno.EIO, None),
    ],
)
def test_what_the_system_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, sentence: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk or too many open files may pass: a warning. The others stay."""

    def failing(*args: Any) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("valetkey.storage.sqlite.schema.os.open", failing)
    if sentence is not None:
        with pytest.raises(SettingsError, match=f"VALETKEY_DATABASE: .*{sentence}"):
            open_store(f"sqlite:///{tmp_path}/valetkey.db", blocking=True)
    else:
        open_store(f"sqlite:///{tmp_path}/valetkey.db", blocking=True)
        assert "requests get a 503 until it can be used" in caplog.text


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite stays at its old journal there, without an error."""
    monkeypatch.setattr(schema, "_journal", lambda connection, change="": "delete")
    with pytest.raises(SettingsError, match="no locks or no shared memory"):
        open_store(f"sqlite:///{tmp_path}/valetkey.db", blocking=True)


def test_a_path_through_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path, sentence in (
        (tmp_path / "file" / "valetkey.db", "is not a directory"),
        (tmp_path / "file" / "deeper" / "valetkey.db", "is not a directory"),
        (tmp_path / "nowhere" / "valetkey.db", "does not exist. Create it"),
        (tmp_path / ("x" * 300), "not one that this system can have"),
    ):
        with pytest.raises(SettingsError, match=f"VALETKEY_DATABASE.*{sentence}"):
            open_store(f"sqlite:///{path}", blocking=True)


def test_another_process_that_writes_does_not_stop_a_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bench = SQLiteBench(tmp_path / "valetkey.db", blocking=True)
    row = bench.sign_in()
    with held(bench.path):
        open_store(bench.url, blocking=True)
    assert "requests get a 503" in caplog.text
    assert bench.is_live(row.id)
    bench.close()


def test_the_check_writes_nothing(tmp_path: Path) -> None:
    bench = SQLiteBench(tmp_path / "valetkey.db", blocking=True)
    bench.sign_in()
    bench.run(bench.store.close())
    before = bench.path.read_bytes()
    open_store(bench.url, blocking=True)
    assert bench.path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["valetkey.db"]
    bench.close()


@pytest.mark.parametrize(
    ("mounts", "kind"),
    [
        ("/dev/sda1 / ext4 rw 0 0\nserver:/x /mnt/data nfs4 rw 0 0\n", "nfs4"),
        ("/dev/sda1 / ext4 rw 0 0\nserver:/x /mnt nfs4 rw 0 0\n/dev/sdb1 /mnt/data ext4 rw 0 0\n", None),
        ("/dev/sda1 / ext4 rw 0 0\n//server/x /mnt/da cifs rw 0 0\n", None),
        ("server:/x / nfs rw 0 0\n", "nfs"),
        ("", None),
    ],
)
def test_a_network_file_system_is_said(tmp_path: Path, mounts: str, kind: str | None) -> None:
    (tmp_path / "mounts").write_text(mounts)
    assert faults.network_file_system(Path("/mnt/data/valetkey.db"), tmp_path / "mounts") == kind


def test_a_warning_about_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("valetkey.storage.sqlite.network_file_system", lambda path: "nfs4")
    with caplog.at_level(logging.WARNING):
        open_store(f"sqlite:///{tmp_path}/valetkey.db", blocking=True)
    assert "VALETKEY_DATABASE is on a network file system (nfs4)" in caplog.text


# Who works on what is there.


@pytest.mark.parametrize(
    "command", [["list"], ["show", "x"], ["disable", "x"], ["enable", "x"], ["delete", "x", "--yes"]]
)
def test_a_mistyped_path_creates_nothing(tmp_path: Path, command: list[str]) -> None:
    done = CliRunner().invoke(main, ["accounts", *command, "--database", f"sqlite:///{tmp_path}/valetky.db"])
    assert done.exit_code == 2
    assert "VALETKEY_DATABASE names a file that does not exist" in done.output
    assert list(tmp_path.iterdir()) == []


def test_nor_does_one_in_a_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VALETKEY_DATABASE", f"sqlite:///{tmp_path}/valetky.db")
    for make in (Admin, AsyncAdmin):
        for opened in (lambda make=make: make(os.environ["VALETKEY_DATABASE"]), make.from_env):
            with pytest.raises(SettingsError, match="file that does not exist"):
                opened()
    assert list(tmp_path.iterdir()) == []


def test_a_migration_creates_it_and_its_plan_does_not(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/valetkey.db"
    assert migration(url).found == 0
    assert list(tmp_path.iterdir()) == []
    migration(url).apply()
    with Admin(url) as admin:
        assert [*admin.accounts] == []
    with closing(sqlite3.connect(tmp_path / "valetkey.db")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (tables.VERSION,)
