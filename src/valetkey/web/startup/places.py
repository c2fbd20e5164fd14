"""Where requests for the routes can arrive in an app, and whether one arrived where the settings say.

How this works. Browsers know one path, the public one: that of the app's address, and the prefix, such as
``/outer/inner/auth``. How much of it the app sees is decided by the server and by the proxies before it:

- All of it is in the path.
- A part is what ASGI calls ``root_path`` and WSGI ``SCRIPT_NAME``: the server knows what the app is below. In ASGI the
  path repeats that part (uvicorn), or it does not (hypercorn and daphne, behind a proxy that takes it away).
- A part has been taken away by a proxy, and the server does not know.

Each of these is a ``Place``. The start-up check asks at all of them until the routes answer. Later, a request that
arrives at the routes shows what the server really does. That is compared with the settings, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...providers.record.recipe import callback_variable
from ...settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where requests for the routes arrive.

    Args:
        before: what the server says that the app is below: ``root_path`` of ASGI, ``SCRIPT_NAME`` of WSGI.
        path: the path of the routes as the app sees it: in ``path`` of ASGI, in ``PATH_INFO`` of WSGI.
    """

    before: str
    path: str


def asgi_places(settings: Settings, prefix: str | None = None) -> list[Place]:
    """Return the places where requests for the routes can arrive in an ASGI app, the likeliest first.

    Args:
        settings: of the app.
        prefix: the path of the routes in the app, where it is not that of the settings.
    """
    whole = settings.public_prefix
    known = [Place(before=base, path=path) for base, rest in _splits(settings, prefix) for path in (whole, rest)]
    return [Place(before="", path=whole), *known, *_without_base(settings, prefix)]


def wsgi_places(settings: Settings, prefix: str | None = None) -> list[Place]:
    """Return the places where requests for the routes can arrive in a WSGI app, the likeliest first.

    ``PATH_INFO`` never repeats ``SCRIPT_NAME`` (PEP 3333).

    Args:
        settings: of the app.
        prefix: the path of the routes in the app, where it is not that of the settings.
    """
    known = [Place(before=base, path=rest) for base, rest in _splits(settings, prefix)]
    return [Place(before="", path=settings.public_prefix), *known, *_without_base(settings, prefix)]


def _splits(settings: Settings, prefix: str | None) -> Iterator[tuple[str, str]]:
    """The base, or a first part of it, and what of the public path follows it. The whole base comes first."""
    whole = settings.public_prefix
    base = whole.removesuffix(settings.prefix if prefix is None else prefix)
    while base:
        yield base, whole.removeprefix(base)
        base = base.rpartition("/")[0]


def _without_base(settings: Settings, prefix: str | None) -> list[Place]:
    return [Place(before="", path=rest) for _, rest in _splits(settings, prefix)]


def whole_path(root_path: str, path: str) -> str:
    """Return the path of an ASGI request below its server, whether or not its path repeats the root path."""
    before = root_path.rstrip("/")
    return path if path == before or path.startswith(f"{before}/") else before + path


def agrees(settings: Settings, arrived: str, mounts: Sequence[str] = ()) -> bool:
    """Return whether requests for the public path can arrive at the app, given that one arrived here.

    Args:
        settings: of the app.
        arrived: the path of the routes in that request, with what the server says that the app is below.
        mounts: the paths of the routes in the app, if they are known. They may be mounted more than once.
    """
    ends = sorted((one for one in mounts if arrived.endswith(one)), key=len)
    before = arrived.removesuffix(ends[-1]) if ends else ""
    found = [before + one for one in mounts] if ends else [arrived]
    return any(settings.public_prefix.endswith(one) for one in found)


def place_of(arrived: str, path: str, mounts: Sequence[str]) -> list[Place]:
    """Return the place at which an ASGI request arrived at the routes, if the mounts tell how it divides.

    Args:
        arrived: the path of the routes in the request, with its root path.
        path: the path of the routes, as ``path`` of the request has it.
        mounts: the paths of the routes in the app.
    """
    ends = sorted((one for one in mounts if arrived.endswith(one)), key=len)
    return [Place(before=arrived.removesuffix(ends[-1]), path=path)] if ends else []


def address_for(settings: Settings, routes: str) -> str:
    """Return what to set so that the public path becomes another one: the variable, and its value.

    Args:
        settings: of the app.
        routes: the public path of the routes.
    """
    if settings.url is not None and routes.endswith(settings.prefix):
        return f"VALETKEY_URL={settings.public_origin}{routes.removesuffix(settings.prefix)}"
    first = next((one for one in settings.providers if settings.callbacks.get(one.name)), settings.providers[0])
    return f"{callback_variable(first.name)}={settings.public_origin}{routes}/{first.callback_path}"
