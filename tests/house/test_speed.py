"""docs/speed.md says what bench/results.json has, of every program that it must have. Nothing is timed here."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LOGINS = {"valetkey", "bare", "authlib-fastapi", "passport-twitter", "flask-requests-oauthlib", "allauth"}
LOGINS |= {"social-django", "valetkey-oidc", "bare-oidc", "authlib-fastapi-oidc"}
GUARDS = {
    "starlette": {"bare", "valetkey", "session-middleware"},
    "fastapi": {"bare", "valetkey", "valetkey-in-the-route", "pyjwt", "fastapi-users"},
    "litestar": {"bare", "valetkey", "valetkey-middleware", "jwt-cookie-auth"},
    "flask": {"bare", "valetkey", "flask-login"},
    "django": {"bare", "valetkey", "django-sessions"},
}
SIZES = {"1000", "100000"}
SITUATIONS = {"logins", "starts", "callbacks"}


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    import report

    return report


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return dict(json.loads((ROOT / "bench" / "results.json").read_text()))


def test_the_page_has_the_figures(report: ModuleType, results: dict[str, Any]) -> None:
    assert (ROOT / "docs" / "speed.md").read_text() == report.page(results)


def test_the_charts_have_the_figures(report: ModuleType, results: dict[str, Any]) -> None:
    charts = report.charts(results)
    assert {name: (ROOT / "docs" / name).read_text() for name in charts} == charts
    assert {name for name in charts if f"({name})" in report.WORDS} == set(charts)


def test_no_table_is_left_out(report: ModuleType, results: dict[str, Any]) -> None:
    assert "{{" not in report.page(results)


def test_every_login_is_there(results: dict[str, Any]) -> None:
    assert set(results["login"]) >= LOGINS
    assert set(results["login_on_disk"]) >= {"bare", "valetkey"}
    for row in (*results["login"].values(), *results["login_on_disk"].values()):
        low, high = row["cpu_ms_lowest_highest"]
        assert 0 < low <= row["cpu_ms"] <= high
        assert 0 < row["p50_ms"] <= row["p99_ms"]


def test_every_guard_is_there(results: dict[str, Any]) -> None:
    assert {framework: guards & set(results["session"][framework]) for framework, guards in GUARDS.items()} == GUARDS


def test_every_size_is_there(results: dict[str, Any]) -> None:
    wanted = SIZES | (set() if results["runs"]["growth"]["quick"] else {"10000000"})
    assert {name: set(sizes) for name, sizes in results["growth"].items()} == {
        "sqlite": wanted,
        "postgresql": wanted,
    }


def test_a_run_under_load_has_every_situation(report: ModuleType, results: dict[str, Any]) -> None:
    """The page says nothing of it before there was one."""
    apps = {"readme"} if results.get("runs", {}).get("load", {"quick": True})["quick"] else {"readme", "frozen"}
    assert {situation: set(rows) for situation, rows in results.get("load", {}).items()} == (
        dict.fromkeys(SITUATIONS, apps) if "load" in results["runs"] else {}
    )
    named = [situation in report.goals(results) for situation in report.figures.SITUATIONS.values()]
    assert named == [("load" in results)] * len(SITUATIONS)


def test_valetkey_alone_loads_no_framework(results: dict[str, Any]) -> None:
    assert results["import"]["valetkey"]["frameworks"] == []


def test_each_part_says_of_which_commit_it_is(results: dict[str, Any]) -> None:
    assert set(results["runs"]) | {"load"} == {"login", "session", "growth", "load", "rest"}
    for run in results["runs"].values():
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", run["date"])
        assert re.fullmatch(r"([0-9a-f]{12}(, with changes)?|unknown)", run["commit"])


def test_nothing_says_whose_machine_it_was(results: dict[str, Any]) -> None:
    assert set(results["machine"]) == {"cores", "architecture", "system"}
    assert "/" not in json.dumps(results)


def test_the_alternatives_run_on_the_frameworks_that_valetkey_runs_on() -> None:
    """A row must not differ from the next by the version of a framework or of a server."""
    ours, theirs = (
        dict(re.findall(r"^([\w-]+)==(\S+)", (ROOT / "requirements" / name).read_text(), re.MULTILINE))
        for name in ("dev.txt", "bench.txt")
    )
    shared = {
        "django",
        "fastapi",
        "flask",
        "gunicorn",
        "httptools",
        "litestar",
        "pyjwt",
        "starlette",
        "uvicorn",
        "uvloop",
    }
    assert {name: ours[name] for name in shared} == {name: theirs[name] for name in shared}
