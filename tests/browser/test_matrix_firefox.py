"""The matrix in Firefox."""

from __future__ import annotations

import pytest
from support.lender import Started
from support.servers import App, Provider

from browser.matrix import Cell, engine, generate, play_cell, world  # noqa: F401  # fixtures

ENGINE = "firefox"
pytest_generate_tests = generate


def test_it_lands(cell: Cell, engine: Started, world: tuple[App, Provider], request: pytest.FixtureRequest) -> None:
    play_cell(cell, engine, world, request)
