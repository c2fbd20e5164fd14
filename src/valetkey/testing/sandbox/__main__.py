"""``python -m valetkey.testing.sandbox PORT [SETTINGS]``: the sandbox that ``web/sandbox_start.py`` starts.

It listens, and then goes on in a process of its own, so that the command has ended when the sandbox answers. It accepts
the callback URLs of every app on this machine, and it ends some seconds after the last app that uses it.
"""

from __future__ import annotations

import json
import os
import sys

from .server import Server, listen
from .settings import SandboxSettings, fixed_private_key

PORT_IS_TAKEN = 3
# Longer than an app takes to start again when its developer has saved a file.
GRACE_SECONDS = 10.0


def main(port: int, options: str = "{}") -> None:
    said = {"match": "loopback", "apple_private_key": fixed_private_key(), **json.loads(options)}
    settings = SandboxSettings(origin=f"http://localhost:{port}", **said)
    try:
        sockets = listen(port)
    except OSError:
        sys.exit(PORT_IS_TAKEN)
    if hasattr(os, "fork"):  # on Windows the app does not wait for this process
        if os.fork():
            os._exit(0)
        os.setsid()  # Ctrl-C is for the app
    Server(settings, ends_without_leases=GRACE_SECONDS).run(sockets)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:3])
