"""The contract, held by PostgreSQL under both ways of reaching it; with patience, since it is no fault of the store
that a machine is busy with tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite("store_contract")

from postgresql_bench import PostgreSQLBench  # noqa: E402
from store_contract import StoreContract  # noqa: E402
from support.postgresql import Server  # noqa: E402


class TestBlocking(StoreContract):
    @pytest.fixture
    def bench(self, postgresql: Server) -> Iterator[PostgreSQLBench]:
        bench = PostgreSQLBench(postgresql, blocking=True, patience_seconds=10.0)
        yield bench
        bench.close()


class TestLoop(StoreContract):
    @pytest.fixture
    def bench(self, postgresql: Server) -> Iterator[PostgreSQLBench]:
        bench = PostgreSQLBench(postgresql, blocking=False, patience_seconds=10.0)
        yield bench
        bench.close()
