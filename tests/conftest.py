"""Counts what ran. In a full run a skip fails, and so does a group with fewer tests than it is known to have: a
component that is missing must not look like a success. A quick run leaves out what takes long, and says what that is.
"""

from __future__ import annotations

import gc
import re
import tomllib
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

KNOWS_SECONDS = 2.0  # from the approval until the page shows it

ATTACK_CASE = re.compile(r"attacks/test_([co][0-9]+)_[a-z0-9_]+\.py::")
LEFT_OUT = pytest.StashKey[Counter[str]]()
HERE = Path(__file__).parent
GROUPS = {
    "vectors": "protocol",
    "protocol": "protocol",
    "contracts": "contract",
    "attacks": "attack",
    "browser": "browser",
    "deploy": "deployment",
    "frameworks": "framework",
    "interop": "interop",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="fail on any skip, and on fewer tests than are pinned")
    parser.addoption("--quick", action="store_true", help="leave out what takes long; no gate")
    parser.addoption("--engines", choices=["one", "all"], default="one", help="all: the whole matrix in every engine")
    parser.addoption("--counts", default=str(HERE / "counts.toml"), help="the pinned counts")


# Files of few and long tests. Two workers share a run evenly only if these are dealt out first.
LONG_FILES = (
    "test_matrix_chromium",
    "test_two_sites",
    "test_c53_kill_points",
    "test_django",
    "test_codes",
    "test_module",
    "test_frames",
    "test_nothing_throws",
    "test_windows",
    "interop/test_clients",
    "test_classic_closing",
    "test_classic",
    "test_postgresql_contract",
    "interop/test_app",
    "test_demo_of_many",
    "test_cut",
    "test_fragments",
    "test_examples",
    "test_example_apps",
    "test_postgresql_crowds",
    "test_kit",
    "test_proxies",
    "test_table",
    "test_planted_cookies",
    "test_same_tab",
    "test_form_post",
    "test_postgresql_trouble",
    "test_c55_failover",
    "test_classic_libraries",
    "browser/test_docs",
    "test_flask",
    "test_matrix_firefox",
    "test_focus",
    "test_faults_between",
    "test_c29_hostile_size_and_time",
    "test_c38_popup_closed_early",
    "test_several_providers",
    "test_shots",
    "test_matrix_webkit",
    "test_fastapi",
    "test_starlette",
    "test_litestar",
    "test_bad_input",
    "test_c48_severed",
    "test_catalogue",
)


# What a quick run leaves out: tests that ask for one of these fixtures, and these files.
BROWSERS, NODES, DATABASE, SERVERS, INTEROP, DEPLOYMENTS, SLOW = (
    "browsers",
    "several nodes, kills and rotations",
    "PostgreSQL restarted, cut off and crowded",
    "the frameworks' other servers and versions, and the attacks on each",
    "servers and clients that others wrote",
    "written deployments: proxies, containers, backups",
    "long waits, and whole projects built from the documentation",
)
LEFT_OUT_BY_FOLDER = {"browser": BROWSERS, "interop": INTEROP, "deploy": DEPLOYMENTS}
LEFT_OUT_BY_FIXTURE = {
    **dict.fromkeys(("chromium", "engine", "display", "playwright"), BROWSERS),
    **dict.fromkeys(("fleet", "new_fleet", "clock_fleet", "doomed", "two"), NODES),
}
LEFT_OUT_BY_NAME = {
    **dict.fromkeys(("test_c53_kill",), NODES),
    **dict.fromkeys(
        (
            "test_postgresql_trouble",
            "test_postgresql_severed",
            "test_postgresql_crowds",
            "test_postgresql_hosts",
            "test_postgresql_failover",
        ),
        DATABASE,
    ),
    **dict.fromkeys(
        (
            "test_plugin",
            "testing/test_docs",
            "test_types",
            "test_django_users",
            "test_dead_addresses",
            "test_c29_hostile_size_and_time",
            "test_c51_request_token_faults",
            "test_c52_outage",
            "test_eventlet",
            "test_gevent",
            "test_wsgi_mounts",
            "test_oauthlib_agrees",
            "test_sqlite_locked",
            "test_two_apps_on_one_host",
            "test_bad_input::test_at_the_callback",
            "test_bad_input::test_at_the_start",
            "test_django::test_both_clients",
            "test_a_provider_of_ones_own::test_a_profile_that_never_answers_ends_within_ten_seconds",
            "test_buckets::test_a_refused_start_takes_nothing_from_anybody",
            "test_house::test_a_skip_or_too_few_tests_fail",
            "test_sqlite_file::test_many_processes_start_at_once_on_no_file",
            "test_litestar::test_its_command",
            "test_startup_check::test_uvicorn_does_not_start",
            "test_c43_pending_flood",
            "test_c52_under_faults",
            "test_c11_access_logs::test_an_access_log_prints_no_callback",
            "test_sqlite_trouble::test_a_process_that_is_killed",
            "test_command::test_accounts_are_listed_shown_disabled_and_deleted",
        ),
        SLOW,
    ),
}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Whole files that a quick run does without are not even read."""
    if not config.getoption("quick"):
        return None
    stem = collection_path.stem
    named = LEFT_OUT_BY_NAME.get(stem) or LEFT_OUT_BY_NAME.get(f"{collection_path.parent.name}/{stem}")
    reason = LEFT_OUT_BY_FOLDER.get(collection_path.name, named)
    if reason is None:
        return None
    files = [collection_path] if collection_path.is_file() else collection_path.glob("test_*.py")
    config.stash.setdefault(LEFT_OUT, Counter())[f"files: {reason}"] += len(list(files))
    return True


def left_out(item: pytest.Item) -> str | None:
    """Why a quick run does without this test."""
    if item.path.parent.name == "frameworks":
        cell = item.callspec.params["cell"] if hasattr(item, "callspec") else None
        adapters = item.function.__module__ == "frameworks.adapter"
        return None if adapters and cell is not None and cell.whole else SERVERS
    for fixture in getattr(item, "fixturenames", ()):
        if fixture in LEFT_OUT_BY_FIXTURE:
            return LEFT_OUT_BY_FIXTURE[fixture]
    return LEFT_OUT_BY_NAME.get(f"{item.path.stem}::{getattr(item, 'originalname', item.name)}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    rank = {name: number for number, name in enumerate(LONG_FILES)}
    items.sort(
        key=lambda item: rank.get(item.path.stem, rank.get(f"{item.path.parent.name}/{item.path.stem}", len(rank)))
    )
    if config.getoption("quick"):
        reasons = {item: left_out(item) for item in items}
        items[:] = [item for item in items if reasons[item] is None]
        config.hook.pytest_deselected(items=[item for item, reason in reasons.items() if reason])
        config.stash.setdefault(LEFT_OUT, Counter()).update(f"tests: {reason}" for reason in reasons.values() if reason)
        if hasattr(config, "workeroutput"):
            config.workeroutput["left_out"] = dict(config.stash[LEFT_OUT])


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Nearly all that is made of the tests lasts as long as the run, so that the garbage collector looks at it once."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # under xdist the controller alone sees everything
        config.pluginmanager.register(Census(config), "census")


class Census:
    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.passed: Counter[str] = Counter()
        self.not_run: list[str] = []
        self.cells: list[dict[str, Any]] = []
        self.frameworks: dict[str, Counter[str]] = {}
        self.conformance: Counter[str] = Counter()
        self.catalogue: dict[str, bool] = {}  # by provider: whether all of its checks hold
        self.rows: list[str] = []
        self.attacks: dict[str, bool] = {}  # by case: whether all of its tests have passed

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        case = ATTACK_CASE.search(report.nodeid)
        if case is not None:
            self.attacks[case[1]] = self.attacks.get(case[1], True) and not report.failed
        if report.when == "call":
            self.cells += [value for name, value in report.user_properties if name == "cell"]
            for name, cell in report.user_properties:
                if name == "framework":
                    self.frameworks.setdefault(cell, Counter())[report.outcome] += 1
                if name == "conformance":
                    self.conformance[report.outcome] += 1
                if name == "catalogue":
                    self.catalogue[cell] = self.catalogue.get(cell, True) and report.passed
                if name == "catalogue row":
                    self.rows.append(cell)
        if report.skipped or hasattr(report, "wasxfail"):
            self.not_run.append(report.nodeid)
        elif report.when == "call" and report.passed:
            parts = Path(report.nodeid.partition("::")[0]).parts
            folder = parts[parts.index("tests") + 1] if "tests" in parts[:-2] else parts[0]
            self.passed[GROUPS.get(folder, "other")] += 1

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Every worker leaves out the same."""
        self.config.stash[LEFT_OUT] = Counter(getattr(node, "workeroutput", {}).get("left_out", {}))

    def faults(self) -> list[str]:
        pinned = tomllib.loads(Path(self.config.getoption("counts")).read_text())
        faults = [f"not run: {nodeid}" for nodeid in self.not_run]
        for group, least in pinned.items():
            if self.passed[group] < least:
                faults.append(f"{group}: {self.passed[group]} tests passed, {least} are pinned")
        knows = sorted(cell["seconds"] for cell in self.cells if cell["seconds"] is not None)
        if knows and knows[int(len(knows) * 0.99)] > KNOWS_SECONDS:
            faults.append(f"the page knew of the approval after {knows[-1]:.1f} s; p99 is to be {KNOWS_SECONDS} s")
        return faults

    def table(self) -> list[str]:
        """Engine by cell: landed of all, and how long the page took to know. Framework, version and server: passed."""
        lines = []
        for engine in sorted({cell["engine"] for cell in self.cells}):
            for scenario in dict.fromkeys(cell["scenario"] for cell in self.cells if cell["engine"] == engine):
                played = [one for one in self.cells if (one["engine"], one["scenario"]) == (engine, scenario)]
                seconds = sorted(one["seconds"] for one in played if one["seconds"] is not None)
                knew = f"  median {seconds[len(seconds) // 2]:.2f} s, longest {seconds[-1]:.2f} s" if seconds else ""
                landed = sum(one["landed"] for one in played)
                lines.append(f"{engine:9} {scenario:46} {landed}/{len(played)}{knew}")
        for cell, outcomes in sorted(self.frameworks.items()):
            lines.append(f"{cell:48} {outcomes['passed']}/{outcomes.total()} passed")
        for kind, meaning in (("c", "attack cases C"), ("o", "attack cases O, on OAuth 2.0")):
            played = [passed for case, passed in self.attacks.items() if case.startswith(kind)]
            if played:
                lines.append(f"{meaning:48} {sum(played)}/{len(played)} held")
        if self.conformance:
            lines.append(f"{'conformance':48} {self.conformance['passed']}/{self.conformance.total()} modules")
        if self.catalogue:
            lines += sorted(self.rows)
            lines.append(f"{'catalogue':48} {sum(self.catalogue.values())}/{len(self.catalogue)} providers")
        return lines

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.config.getoption("full") and self.faults() and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        order = ("protocol", "contract", "framework", "attack", "browser", "deployment", "interop", "other")
        terminalreporter.write_line("passed: " + ", ".join(f"{self.passed[name]} {name}" for name in order))
        for line in self.table():
            terminalreporter.write_line(line)
        if self.config.getoption("quick"):
            for reason, count in self.config.stash.get(LEFT_OUT, Counter[str]()).most_common():
                terminalreporter.write_line(f"LEFT OUT {count:5} {reason}", yellow=True)
        if self.config.getoption("full"):
            for fault in self.faults():
                terminalreporter.write_line(f"FAULT {fault}", red=True)
