"""What the stores' tests share: a server for all of them, and assertions of the contract's that say what they saw."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("store_contract")

from support.postgresql import postgresql  # noqa: E402

__all__ = ["postgresql"]
