"""The contract, held by PostgreSQL under both ways of reaching it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from postgresql_bench import PostgreSQLBench
from store_contract import StoreContract
from support.postgresql import Server


class TestBlocking(StoreContract):
    @pytest.fixture
    def bench(self, postgresql: Server) -> Iterator[PostgreSQLBench]:
        bench = PostgreSQLBench(postgresql, blocking=True)
        yield bench
        bench.close()


class TestLoop(StoreContract):
    @pytest.fixture
    def bench(self, postgresql: Server) -> Iterator[PostgreSQLBench]:
        bench = PostgreSQLBench(postgresql, blocking=False)
        yield bench
        bench.close()
