"""``-m eventlet_server PORT module:app``: eventlet's own server. Newer versions of gunicorn have no worker for it."""

import os
import sys
from importlib import import_module
from typing import Any

# Its own resolver imports dnspython, which imports trio where there is one. trio does not work with eventlet's sockets.
os.environ["EVENTLET_NO_GREENDNS"] = "yes"

import eventlet

eventlet.monkey_patch()

from eventlet import wsgi  # noqa: E402


def app_of(name: str) -> Any:
    """As gunicorn names an app: ``module:name``, or ``module:function()``."""
    module, _, attribute = name.partition(":")
    found = getattr(import_module(module), attribute.removesuffix("()"))
    return found() if attribute.endswith("()") else found


if __name__ == "__main__":
    _, port, name = sys.argv
    sys.path.insert(0, "")
    wsgi.server(eventlet.listen(("127.0.0.1", int(port))), app_of(name))
