"""Trouble, made to order: another program that holds the database, and processes that fork and that are killed."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_HOLD = """
    import sqlite3, sys
    connection = sqlite3.connect(sys.argv[1], isolation_level=None)
    connection.execute(sys.argv[2])
    connection.execute("BEGIN EXCLUSIVE")
    connection.execute("UPDATE accounts SET name = name")
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def held(path: Path, *, from_readers: bool = False) -> Iterator[None]:
    """Another process has begun to write and does not end; or has the whole database to itself."""
    mode = f"PRAGMA locking_mode = {'EXCLUSIVE' if from_readers else 'NORMAL'}"
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", textwrap.dedent(_HOLD), str(path), mode],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "held\n"
        yield
    finally:
        process.communicate("")


def python(script: str, *arguments: str) -> subprocess.Popen[str]:
    """A process of its own that runs this script, with the tests' own modules at hand."""
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *arguments],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
