"""Starts the sandbox of an app in the sandbox mode, when the first page needs it.

How this works:

- The sandbox is a process of its own, because an app may be several processes, may be restarted while a user is at the
  consent page, and may fork. All of them use one sandbox, and so do other apps on this machine.
- The first request for the browser module, or the first that starts a login, looks whether it runs. If not, it starts
  it, and waits until it answers. No command and no import starts it, and neither does the start-up check.
- Two processes may do so at once. A port belongs to one process, so one sandbox remains, and both find it.
- This process then holds a lease (``settings/sandbox/port.py``). The sandbox ends some seconds after the last process
  that holds one, however that ended. So nothing must be stopped, and no thread runs here.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit

from ..errors import SettingsError
from ..settings.sandbox.port import Found, is_open, look_at

log = logging.getLogger("valetkey")

_START_SECONDS = 15.0
_LOOK_AGAIN_SECONDS = 0.05
_leases: dict[int, socket.socket] = {}  # by port; a process that is forked shares them
_looking = Lock()


class SandboxStart:
    """Makes sure that the sandbox runs.

    Args:
        origin: of the sandbox. None: the app is not in the sandbox mode, and nothing is ever done.
    """

    def __init__(self, origin: str | None) -> None:
        self._port = None if origin is None else urlsplit(origin).port or 80
        if origin is not None:
            log.warning(
                "VALETKEY_SANDBOX: users sign in at the sandbox, %s, where anybody can sign in as anybody. It is for "
                "development on this machine only.",
                origin,
            )

    def ensure(self) -> None:
        """Return when the sandbox runs. That takes up to a second for the first request, and then nothing.

        Raises:
            SettingsError: something else is at its port, or it does not start.
        """
        port = self._port
        if port is None:
            return
        with _looking:
            lease = _leases.get(port)
            if lease is not None:
                if is_open(lease):
                    return
                _leases.pop(port).close()
            _leases[port] = found_or_started(port)

    def try_to_ensure(self) -> None:
        """As ``ensure``, for a request that can be answered without it. The next one that cannot says what is wrong."""
        with suppress(SettingsError):
            self.ensure()


def found_or_started(port: int, options: Mapping[str, object] | None = None) -> socket.socket:
    """Find the sandbox, or start it.

    Args:
        port: of this machine.
        options: settings of one that is started.

    Returns:
        A lease, for as long as it is open.

    Raises:
        SettingsError: something else is at its port, or it does not start.
    """
    found, lease = look_at(port)
    if found is Found.NOTHING:
        _start(port, options or {})
        until = time.monotonic() + _START_SECONDS
        while lease is None and time.monotonic() < until:
            found, lease = look_at(port)
            if lease is None:
                time.sleep(_LOOK_AGAIN_SECONDS)
    if lease is not None:
        return lease
    if found is Found.ANOTHER:
        raise SettingsError(
            f"VALETKEY_SANDBOX: another program listens on port {port} of this machine, where the sandbox belongs. End "
            "it, or give another address, such as VALETKEY_SANDBOX=http://localhost:9001."
        )
    raise SettingsError(
        f"VALETKEY_SANDBOX: the sandbox does not start. To see why, run: python -m valetkey.testing.sandbox {port}"
    )


def _start(port: int, options: Mapping[str, object]) -> None:
    """Start it. Where processes can be forked, it listens when this returns."""
    command = [_python(), "-P", "-m", "valetkey.testing.sandbox", str(port), json.dumps(dict(options))]
    # -P: a module of the app's directory must not take the place of one of the standard library.
    package = str(Path(__file__).parents[2])
    path = os.pathsep.join(one for one in (os.environ.get("PYTHONPATH"), package) if one)
    process = subprocess.Popen(  # noqa: S603  # our own module
        command,
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if hasattr(os, "fork"):
        with suppress(subprocess.TimeoutExpired):
            process.wait(_START_SECONDS)
    else:  # it goes on in this very process, which nobody waits for
        process.returncode = 0


def _python() -> str:
    """Python itself. A server that embeds it, such as uWSGI, has its own name in ``sys.executable``."""
    if Path(sys.executable).name.startswith("python"):
        return sys.executable
    name = "python.exe" if os.name == "nt" else "bin/python3"
    return str(Path(sys.prefix) / name)
