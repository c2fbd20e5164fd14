"""Finds valetkey's routes in an app of Starlette or FastAPI, wherever they are mounted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_BELOW = "/{path:path}"
_DEEPEST = 12  # levels of mounts


def mounts_of(app: Any, endpoint: object) -> list[str]:
    """Return the path of the routes at each mount, in the order in which the app looks for them.

    Args:
        app: the app, or a router.
        endpoint: the routes' endpoint.
    """
    return [path.removesuffix(_BELOW) for path in _paths(_routes(app), endpoint, _DEEPEST)]


def _paths(routes: Any, endpoint: object, deepest: int) -> Iterator[str]:
    for route in routes if deepest else ():
        path = getattr(route, "path", None) or ""
        if getattr(route, "endpoint", None) is endpoint:
            yield path
        elif hasattr(route, "effective_route_contexts"):
            # FastAPI, since 0.137: a router is included as a whole, and its routes have their paths in this.
            contexts = [one.starlette_route or one for one in route.effective_route_contexts()]
            yield from _paths(contexts, endpoint, deepest - 1)
        else:
            for inner in _paths(_routes(route), endpoint, deepest - 1):
                yield path + inner


def _routes(holder: Any) -> Any:
    """The routes of an app, a router, a mount, or what a mount has wrapped in middleware."""
    for _ in range(_DEEPEST):
        routes = getattr(holder, "routes", None)
        if routes:
            return routes
        holder = getattr(holder, "app", None)
    return ()
