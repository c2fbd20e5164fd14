"""The tables of ``docs/speed.md``, each from ``bench/results.json`` alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Results = Mapping[str, Any]

BESIDE = {
    "bare": "nothing but the login, on uvicorn",
    "valetkey": "FastAPI on uvicorn, as README has it",
    "valetkey-starlette": "Starlette on uvicorn",
    "passport-twitter": "Express",
    "flask-requests-oauthlib": "Flask on gunicorn, as the articles have it",
    "social-django": "Django on gunicorn",
    "allauth": "Django on gunicorn",
    "authlib-fastapi": "FastAPI on uvicorn, as its documentation has it",
    "authlib-fastapi-ca-dir": "the same, with `SSL_CERT_DIR` set",
    "bare-oidc": "nothing but the login, on uvicorn",
    "valetkey-oidc": "FastAPI on uvicorn",
    "authlib-fastapi-oidc": "FastAPI on uvicorn, as its documentation has it",
}
TITLES = {"starlette": "Starlette", "fastapi": "FastAPI", "litestar": "Litestar", "flask": "Flask", "django": "Django"}
SITUATIONS = {
    "logins": "all logins in flight, at their start and at their callback",
    "starts": "the provider hangs when logins start",
    "callbacks": "the provider hangs when callbacks come",
}
APPS = {"readme": "README's", "frozen": "with `gc.freeze()`"}
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    lines = [list(map(str, row)) for row in (head, *rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def spread(pair: list[float], digits: int = 2) -> str:
    return f"{pair[0]:.{digits}f}-{pair[1]:.{digits}f}"


def login(results: Results, *, oidc: bool, on: str = "login") -> str:
    head = ("program", "served by", "CPU-ms", "lowest-highest", "times bare", "one at a time: p50 ms", "p99 ms")
    return table(
        head,
        (
            (
                f"`{name}`", BESIDE[name], f"{row['cpu_ms']:.2f}", spread(row["cpu_ms_lowest_highest"]),
                f"{row['ratio']:.1f}", f"{row['p50_ms']:.1f}", f"{row['p99_ms']:.1f}",
            )
            for name, row in results[on].items()
            if name.endswith("-oidc") == oidc
        ),
    )  # fmt: skip


def session(results: Results) -> str:
    head = ("framework", "guard", "CPU-µs a request", "kept", "lowest-highest", "requests a second")
    rows = []
    for framework, guards in results["session"].items():
        for guard, row in guards.items():
            low, high = row["kept_lowest_highest"]
            rows.append((
                TITLES[framework], f"`{guard}`", f"{row['cpu_us']:.0f}", f"{row['kept']:.0%}",
                f"{low:.0%}-{high:.0%}", row["requests_per_second"],
            ))  # fmt: skip
    return table(head, rows)


def growth(results: Results) -> str:
    head = ("database", "accounts", "CPU-ms of the app", "of the database server", "together", "times the smallest")
    rows = []
    for database, sizes in results["growth"].items():
        for accounts, row in sizes.items():
            rows.append((
                DATABASES[database], f"{int(accounts):,}", f"{row['cpu_ms']:.2f}", f"{row['database_cpu_ms']:.2f}",
                f"{row['total_cpu_ms']:.2f} ({spread(row['total_cpu_ms_lowest_highest'])})", f"{row['ratio']:.2f}",
                f"{row['fill_seconds']:.0f}", f"{row['disk_mib']:,.0f}",
            ))  # fmt: skip
    return table((*head, "seconds to fill", "MiB on disk"), rows)


def memory(results: Results) -> str:
    rows = results["memory"].items()
    head = ("program", "MiB at start", "MiB after", "logins")
    return table(head, ((f"`{name}`", row["start_mib"], row["after_mib"], f"{row['logins']:,}") for name, row in rows))


def imports(results: Results) -> str:
    rows = results["import"].items()
    return table(
        ("import of", "CPU-ms", "lowest-highest", "ms", "frameworks that it loads"),
        (
            (
                name, row["cpu_ms"], spread(row["cpu_ms_lowest_highest"], 1), row["ms"],
                ", ".join(row["frameworks"]) or "none",
            )
            for name, row in rows
        ),
    )  # fmt: skip


def installed(results: Results) -> str:
    rows = results["size"]["installed"].items()
    return table(
        ("package", "packages that it brings along", "MiB installed"),
        ((f"`{name}`", len(row["distributions"]), f"{row['octets'] / 2**20:.1f}") for name, row in rows),
    )


def module(results: Results) -> str:
    rows = results["size"]["module"].items()
    return table(
        ("file", "octets", "gzipped"),
        ((f"`{name}`", f"{row['octets']:,}", f"{row['gzipped']:,}") for name, row in rows),
    )


def arrival(results: Results) -> str:
    rows = results["arrival"].items()
    head = ("the popup", "median ms", "p90 ms", "highest ms", "logins")
    return table(head, ((way, row["p50_ms"], row["p90_ms"], row["highest_ms"], row["logins"]) for way, row in rows))


def load(results: Results) -> str:
    if "load" not in results:
        return "Not measured yet."
    head = ("1,000 logins", "app", "in flight", "answered after: median s", "highest s", "CPU-ms a login")
    rows = []
    for situation, apps in results["load"].items():
        for app, row in apps.items():
            rows.append((
                SITUATIONS[situation], APPS[app], f"{row['in_flight']:,.0f}", f"{row['answered_p50_s']:.1f}",
                f"{row['answered_highest_s']:.1f}", f"{row['cpu_ms']:.2f}", f"{row['others_p50_ms']:.1f}",
                f"{row['others_p99_ms']:.0f}", f"{row['collector_cpu_ms']:.0f}", f"{row['turn_cpu_ms']:.0f}",
                f"{row['before_mib']:.0f}, {row['peak_mib']:.0f}, {row['after_mib']:.0f}",
            ))  # fmt: skip
    others = ("others: p50 ms", "p99 ms", "longest pause of the collector, CPU-ms", "longest turn of the loop, CPU-ms")
    return table((*head, *others, "MiB before, at most, after"), rows)


def runs(results: Results) -> str:
    head = ("part", "date", "commit", "rounds", "seconds")
    return table(
        head,
        (
            (part, run["date"], run["commit"], f"{run['rounds']}{', quick' if run['quick'] else ''}", run["seconds"])
            for part, run in results["runs"].items()
        ),
    )


def versions(results: Results) -> str:
    machine = results["machine"]
    listed = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    return f"{machine['system']}, {machine['architecture']}, {machine['cores']} cores. {listed}."
