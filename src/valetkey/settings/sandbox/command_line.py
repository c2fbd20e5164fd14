"""Where an app listens, as the command line of its server says, for the sandbox mode without ``VALETKEY_URL``.

Every server has its own options, but few spellings: ``--port 9000``, ``--bind 127.0.0.1:9000``, ``runserver 9000``. An
option that has no port in its value, such as gunicorn's ``-p FILE``, is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

from ..addresses import LOOPBACK_HOSTS

# The ports of servers whose command names none.
_DEFAULT_PORTS = {
    "flask": 5000,
    "waitress-serve": 8080,
    **dict.fromkeys(("daphne", "django", "fastapi", "granian", "gunicorn", "hypercorn", "litestar", "uvicorn"), 8000),
}
_PORT_VARIABLES = {
    "flask": "FLASK_RUN_PORT",
    "granian": "GRANIAN_PORT",
    "litestar": "LITESTAR_PORT",
    "uvicorn": "UVICORN_PORT",
}
_PORT_OPTION = re.compile(r"(?:--port|-p)=?(.*)")
_HOST_OPTION = re.compile(r"(?:--host|-h)=?(.*)")
_BIND_OPTION = re.compile(r"(?:--bind|--listen|-b)=?(.*)")
_BOUND = re.compile(r"(?:(.*):)?([0-9]{1,5})")
_IS_PORT = re.compile(r"[0-9]{1,5}")


def address_of(command: Sequence[str], environ: Mapping[str, str], default_port: int = 8000) -> str:
    """The address at which a browser on this machine reaches an app.

    Args:
        command: the command line of the app's server, such as ``sys.argv``.
        environ: its environment. Some servers read their port from it.
        default_port: where neither says a port, and the server is not known.

    Returns:
        An origin, such as ``http://127.0.0.1:8000``.
    """
    host, port = _named(command)
    program = next((name for name in map(_program, command[:3]) if name in _DEFAULT_PORTS), "")
    variable = environ.get(_PORT_VARIABLES.get(program, ""), "")
    if port is None:
        port = int(variable) if _IS_PORT.fullmatch(variable) else _DEFAULT_PORTS.get(program, default_port)
    name = host.strip("[]")
    shown = f"[{name}]" if ":" in name else name
    # A server on every address of this machine is reached at the one that it prints for none.
    return f"http://{shown if name in LOOPBACK_HOSTS else '127.0.0.1'}:{port}"


def _named(command: Sequence[str]) -> tuple[str, int | None]:
    """The host and the port that a command line names. The last one counts, as for every parser of options."""
    host, port = "", None
    for option, value in _options(command):
        if _PORT_OPTION.fullmatch(option) and _IS_PORT.fullmatch(value):
            port = int(value)
        elif _HOST_OPTION.fullmatch(option):
            host = value
        elif bound := _BOUND.fullmatch(value):
            host, port = bound[1] or "", int(bound[2])
    return host, port


def _options(command: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each option about an address, with its value. The argument of ``runserver`` counts as an option's value."""
    for number, one in enumerate(command):
        following = command[number + 1] if number + 1 < len(command) else ""
        if one == "runserver":
            value = next((other for other in command[number + 1 :] if not other.startswith("-")), "")
            yield "--bind", value
        for known in (_PORT_OPTION, _HOST_OPTION, _BIND_OPTION):
            if found := known.fullmatch(one):
                yield one[: len(one) - len(found[1])].rstrip("="), found[1] or following


def _program(argument: str) -> str:
    """The name of a program: of ``/bin/flask``, ``flask.exe`` and ``…/flask/__main__.py``, which is ``python -m``."""
    path = PurePath(argument.replace("\\", "/"))
    return path.parent.name if path.name == "__main__.py" else path.stem
