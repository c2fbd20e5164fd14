"""SQLite on the bench: a new file for every test."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from store_contract import Bench

from valetkey.storage.sqlite import SQLiteStore


class SQLiteBench(Bench):
    def __init__(self, path: Path, *, blocking: bool, on_statement: Callable[[str], None] | None = None) -> None:
        self.path = path
        self._on_statement = on_statement
        super().__init__(blocking=blocking)

    def open(self, on_statement: Callable[[str], None] | None = None) -> SQLiteStore:
        return SQLiteStore(
            self.path, blocking=self.blocking, clock=self.clock, on_statement=on_statement or self._on_statement
        )

    first_event_id = "-1"

    def tables(self) -> list[str]:
        return [name for (name,) in self.query("SELECT name FROM sqlite_master WHERE type = 'table'")]

    def columns(self, table: str) -> set[str]:
        return {name for (name,) in self.query(f"SELECT name FROM pragma_table_info('{table}')")}

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            return connection.execute(sql).fetchall()
