"""The long forms of what ``./run test`` plays small: run by parts, and told in docs/reliability.md.

    ./run soak                     every part at its full size, which takes a night
    ./run soak twins rotation      these
    ./run soak kill=5              this one, at another size
    ./run soak twins:github=2000   with another provider of the sandbox than X: acme, which speaks OpenID Connect, or
                                   github, which speaks OAuth 2.0 alone

What a run measured takes the place of what stood there of the same part; only what was measured is written.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- soak: ./run soak writes what stands below -->", "<!-- soak: end -->"
HEAD = "| part | what was run | what came of it | date | commit |\n|---|---|---|---|---|\n"


@dataclass(frozen=True)
class Part:
    """A test file, the variable that makes it long, how long that is, and which of its stories are played (all)."""

    tests: tuple[str, ...]
    variable: str
    size: int
    stories: str = ""


PARTS = {
    "people": Part(("test_c58_no_sticky_sessions.py", "-k", "people"), "VALETKEY_PEOPLE", 5_000),
    "twins": Part(("test_c07_twin_first_login.py", "-k", "twins"), "VALETKEY_PAIRS", 10_000),
    "races": Part(("test_c23_last_identity.py", "test_c24_link_race.py"), "VALETKEY_RACES", 500),
    "revocation": Part(("test_c36_revocation.py",), "VALETKEY_REVOCATIONS", 100),
    "kill": Part(("test_c53_kill_points.py",), "VALETKEY_KILLS", 200),
    "kill-in-a-login": Part(("test_c53_kill_points.py",), "VALETKEY_KILLS", 200, stories="Login,Collect"),
    "crowd": Part(("test_c53_kill_in_a_crowd.py",), "VALETKEY_CROWD_KILLS", 500),
    "locked": Part(("test_c54_sqlite_trouble.py", "-k", "test_locked"), "VALETKEY_LOCKED", 30),
    "restarts": Part(("test_c55_postgresql_trouble.py", "-k", "restarts"), "VALETKEY_RESTARTS", 300),
    "failover": Part(("patroni_failover.py",), "VALETKEY_FAILOVERS", 20),
    "flood": Part(("test_c43_pending_flood.py", "-k", "from_one_network"), "VALETKEY_FLOOD", 100_000),
    "rotation": Part(("test_c57_rotation.py", "-k", "under_load"), "VALETKEY_ROTATED_LOGINS", 1_000),
}


# These have a form with each of these providers beside X (tests/support/fronts.py).
WITH_FRONTS = ("people", "twins", "races", "kill", "crowd")
FURTHER = ("acme", "github")


def ran(label: str, size: int) -> list[str]:
    """Rows of the table. A part that fails writes none, and stops everything."""
    name, _, front = label.partition(":")
    part = PARTS[name]
    files = [f"tests/attacks/{one}" if one.endswith(".py") else one for one in part.tests]
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-s", *files],
        cwd=ROOT,
        env={
            **os.environ,
            part.variable: str(size),
            "VALETKEY_FRONT": front or "twitter",
            "VALETKEY_KILL_STORIES": "" if front else part.stories,
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    told = []
    for line in process.stdout:
        print(line, end="", flush=True)
        told += re.findall(r"measured: (.+?) \| (.+)", line)
    if process.wait() != 0:
        raise SystemExit(f"soak: {label} failed; nothing is written of it")
    stamp = f"{time.strftime('%Y-%m-%d')} | {commit()}"
    print(f"{label}: {time.monotonic() - began:.0f} s")
    return [f"| {label} | {what} | {result} | {stamp} |" for what, result in told]


def commit() -> str:
    """Of the product: a change that is not committed is no version that anybody could look at."""
    changed = subprocess.run(
        ["git", "status", "--porcelain", "src"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    if changed.stdout:
        raise SystemExit("soak: commit what was changed in src first")
    head = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    return head.stdout.strip()


def rows_of(page: str) -> list[str]:
    """What stands between the marks."""
    _, _, rest = page.partition(BEGIN)
    return [line for line in rest.partition(END)[0].splitlines() if line.startswith("| ") and "| part |" not in line]


def part_of(row: str) -> str:
    """The part, with its provider if that is not X."""
    return row.split(" | ")[0].removeprefix("| ")


def write(label: str, rows: list[str]) -> None:
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    kept = [row for row in rows_of(page) if part_of(row) != label]
    order = list(PARTS)

    def place(row: str) -> tuple[int, str]:
        name, _, front = part_of(row).partition(":")
        return order.index(name), front

    table = sorted([*kept, *rows], key=place)
    PAGE.write_text(f"{before}{BEGIN}\n\n{HEAD}" + "\n".join(table) + f"\n\n{END}{rest.partition(END)[2]}")


def main(arguments: list[str]) -> None:
    wanted = {}
    for argument in arguments or list(PARTS):
        label, _, size = argument.partition("=")
        name, _, front = label.partition(":")
        if name not in PARTS:
            raise SystemExit(f"soak: no such part: {name}. There are {', '.join(PARTS)}")
        if front and (front not in FURTHER or name not in WITH_FRONTS):
            raise SystemExit(
                f"soak: no such form: {label}. {', '.join(WITH_FRONTS)} have a form with {' and with '.join(FURTHER)}"
            )
        wanted[label] = int(size) if size else PARTS[name].size
    commit()
    for label, size in wanted.items():
        write(label, ran(label, size))


if __name__ == "__main__":
    main(sys.argv[1:])
