"""``docs/speed.md`` and its charts, from ``bench/results.json`` alone."""

from __future__ import annotations

from pathlib import Path

import figures
from charts import Row, chart
from figures import DATABASES, TITLES, Results
from goals import CHEAPER, KEPT_GOALS, goals

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"
WORDS = (HERE / "speed.txt").read_text()


def kind(name: str) -> str:
    return next((kind for kind, start in (("ours", "valetkey"), ("bare", "bare")) if name.startswith(start)), "other")


def page(results: Results) -> str:
    """The whole page: the words of ``speed.txt`` with a table wherever they name one."""
    tables = {
        "login": figures.login(results, oidc=False),
        "login-on-disk": figures.login(results, oidc=False, on="login_on_disk"),
        "login-oidc": figures.login(results, oidc=True),
        "session": figures.session(results),
        "growth": figures.growth(results),
        "load": figures.load(results),
        "memory": figures.memory(results),
        "imports": figures.imports(results),
        "installed": figures.installed(results),
        "module": figures.module(results),
        "arrival": figures.arrival(results),
        "goals": goals(results),
        "runs": figures.runs(results),
        "versions": figures.versions(results),
        "wheel": f"{results['size']['wheel_octets'] / 1024:,.0f}",
        "dependencies": ", ".join(f"`{name}`" for name in results["size"]["dependencies"]),
    }
    text = WORDS
    for name, drawn in tables.items():
        text = text.replace(f"{{{{{name}}}}}", drawn)
    return text


def charts(results: Results) -> dict[str, str]:
    """The files of the page, by name."""
    logins = [
        Row(
            name, row["cpu_ms"], *row["cpu_ms_lowest_highest"],
            kind(name), f"{row['cpu_ms']:.2f}  ({row['ratio']:.1f}x)",
        )
        for name, row in results["login"].items()
    ]  # fmt: skip
    kept = [
        Row(
            f"{TITLES[framework]}, {guard}", 100 * row["kept"], *(100 * one for one in row["kept_lowest_highest"]),
            kind(guard), f"{row['kept']:.0%}",
            100 * KEPT_GOALS[framework] if guard in ("valetkey", CHEAPER.get(framework)) else None,
        )
        for framework, guards in results["session"].items()
        for guard, row in guards.items()
        if guard != "bare"
    ]  # fmt: skip
    grown = [
        Row(
            f"{DATABASES[database]}, {int(accounts):,}", row["total_cpu_ms"], *row["total_cpu_ms_lowest_highest"],
            "ours", f"{row['total_cpu_ms']:.2f}  ({row['ratio']:.2f}x)",
        )
        for database, sizes in results["growth"].items()
        for accounts, row in sizes.items()
    ]  # fmt: skip
    most = max(row.high for row in grown)
    step = next(step for step in (0.25, 0.5, 1, 2, 5, 10, 20, 50, 100) if most / step <= 8)
    ticks = [step * number for number in range(int(most / step) + 2)]
    return {
        "speed-login.svg": chart(
            "A login", "CPU-ms, logarithmic", logins, (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100), logarithmic=True
        ),
        "speed-session.svg": chart("What a framework keeps of its throughput", "%", kept, range(0, 101, 10)),
        "speed-growth.svg": chart("A login, by the number of accounts", "CPU-ms", grown, ticks),
    }


def write(results: Results) -> None:
    """Page and charts, once every part has been measured."""
    missing = {"login", "login_on_disk", "session", "growth", "memory", "import", "size", "arrival"} - set(results)
    if missing:
        print(f"docs/speed.md stays as it is: {', '.join(sorted(missing))} not measured yet")
        return
    (DOCS / "speed.md").write_text(page(results))
    for name, drawn in charts(results).items():
        (DOCS / name).write_text(drawn)
