"""PostgreSQL on the bench: a new schema for every test, and a clock that stands in a table beside the others."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

from store_contract import Bench
from support.postgresql import Server

from valetkey.storage.postgresql import CLOCK, PostgreSQLStore
from valetkey.storage.postgresql.schema import sql_from

# How long its store may take: a machine that is busy with tests is no fault of the store. Tests of a store's patience
# give it its own.
PATIENT_SECONDS = 10.0

# The database's own clock, moved; or standing still.
MOVED = f"(SELECT coalesce(frozen, {CLOCK}) + moved FROM bench_clock)"


class PostgreSQLBench(Bench):
    def __init__(
        self,
        server: Server,
        *,
        blocking: bool,
        on_statement: Callable[[str], None] | None = None,
        patience_seconds: float = PATIENT_SECONDS,
    ) -> None:
        self.server = server
        self.schema = server.new_schema()
        self._on_statement = on_statement
        self._patience_seconds = patience_seconds
        self.query(
            "CREATE TABLE bench_clock (frozen double precision, moved double precision);"
            " INSERT INTO bench_clock VALUES (NULL, 0)"
        )
        self.query(sql_from(0))  # as good as the command, which connects three times: see test_postgresql_schema
        super().__init__(blocking=blocking)

    def open(
        self,
        on_statement: Callable[[str], None] | None = None,
        *,
        url: str | None = None,
        patience_seconds: float | None = None,
    ) -> PostgreSQLStore:
        return PostgreSQLStore(
            url or self.url,
            blocking=self.blocking,
            patience_seconds=patience_seconds or self._patience_seconds,
            clock=MOVED,
            on_statement=on_statement or self._on_statement,
        )

    first_event_id = "'00000000-0000-7000-8000-000000000000'"

    def tables(self) -> list[str]:
        return [name for (name,) in self.query(f"SELECT tablename FROM pg_tables WHERE schemaname = '{self.schema}'")]

    def columns(self, table: str) -> set[str]:
        here = f"table_schema = '{self.schema}' AND table_name = '{table}'"
        return {name for (name,) in self.query(f"SELECT column_name FROM information_schema.columns WHERE {here}")}

    @property
    def url(self) -> str:
        return self.server.in_schema(self.schema)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.server.query(sql, self.schema)

    def another_node(self) -> PostgreSQLBench:
        """On the same database and clock, and in whatever thread."""
        node = copy(self)
        node.blocking, node._loop = True, None
        node.store = node.open()
        return node

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        self.query(f"UPDATE bench_clock SET moved = {self._offset!r}")

    def freeze(self) -> None:
        super().freeze()
        self._stand_still()

    def stand_still_at(self, moment: float) -> None:
        """At another bench's time."""
        self._frozen = moment
        self._stand_still()

    def _stand_still(self) -> None:
        self.query(f"UPDATE bench_clock SET frozen = {self._frozen!r}")
