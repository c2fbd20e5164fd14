"""The goals beside what was measured: a table of ``docs/speed.md``."""

from __future__ import annotations

from figures import DATABASES, SITUATIONS, TITLES, Results, table

KEPT_GOALS = {"starlette": 0.88, "fastapi": 0.85, "litestar": 0.88, "flask": 0.92, "django": 0.95}
# FastAPI and Litestar spend more on a dependency than the goal leaves, whatever it does. Each has a cheaper way, too.
CHEAPER = {"fastapi": "valetkey-in-the-route", "litestar": "valetkey-in-the-route"}
OTHERS_GOAL_MS = 50


def goals(results: Results) -> str:
    """Each goal beside its figure, in the order of the page."""
    rows = [
        (f"a login by OAuth 1.0a{where}, `{name}`, times `bare`", "at most 2.0", results[on][name]["ratio"], -2.0)
        for on, where in (("login", ", databases in memory"), ("login_on_disk", ", on a disk"))
        for name in ("valetkey", "valetkey-starlette")
    ]
    for framework, goal in KEPT_GOALS.items():
        guards = results["session"][framework]
        for guard in filter(guards.get, ("valetkey", CHEAPER.get(framework))):
            what = f"what {TITLES[framework]} keeps, guarded by `{guard}`"
            rows.append((what, f"at least {goal:.0%}", guards[guard]["kept"], goal))
    for database, sizes in results["growth"].items():
        accounts, row = list(sizes.items())[-1]
        what = f"a login with {int(accounts):,} accounts on {DATABASES[database]}, times one with 1,000"
        rows.append((what, "at most 1.3", row["ratio"], -1.3))
    rows.append(("`import valetkey`, CPU-ms", "at most 60", results["import"]["valetkey"]["cpu_ms"], -60.0))
    for situation, apps in results.get("load", {}).items():
        what = f"other requests' p99, 1,000 logins in flight: {SITUATIONS[situation]}, ms"
        rows.append((what, f"at most {OTHERS_GOAL_MS}", apps["readme"]["others_p99_ms"], -float(OTHERS_GOAL_MS)))
    for way, row in results["arrival"].items():
        goal = 150 if way == "alive" else 700
        rows.append((f"from the callback to the page, popup {way}, ms", f"at most {goal}", row["p50_ms"], -float(goal)))
    return table(
        ("what", "goal", "measured", "reached"),
        (
            (what, goal, f"{value:.0%}" if limit > 0 else f"{value:g}", "yes" if reached(value, limit) else "no")
            for what, goal, value, limit in rows
        ),
    )


def reached(value: float, limit: float) -> bool:
    """A negative limit is one that must not be exceeded."""
    return value >= limit if limit > 0 else value <= -limit
