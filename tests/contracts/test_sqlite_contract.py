"""The contract, held by SQLite under both ways of reaching it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("store_contract")

from sqlite_bench import SQLiteBench  # noqa: E402
from store_contract import StoreContract  # noqa: E402


class TestBlocking(StoreContract):
    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[SQLiteBench]:
        bench = SQLiteBench(tmp_path / "valetkey.db", blocking=True)
        yield bench
        bench.close()


class TestLoop(StoreContract):
    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[SQLiteBench]:
        bench = SQLiteBench(tmp_path / "valetkey.db", blocking=False)
        yield bench
        bench.close()
