"""Flask with Flask-SocketIO, whose middleware passes on a copy of the environ. ``python -m`` runs it by the server that
Flask-SocketIO chooses: eventlet's, or gevent's."""

from __future__ import annotations

import os
import sys

if (MODE := os.environ["SOCKETS"]) == "eventlet":
    import eventlet

    eventlet.monkey_patch()
elif MODE == "gevent":
    from gevent import monkey

    monkey.patch_all()

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from flask_socketio import SocketIO

from valetkey.frameworks.flask import SignIn

app = Flask(__name__)
SignIn(app)
socketio = SocketIO(app, async_mode=MODE)
inner = app.wsgi_app


def before(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """A middleware that is busy."""
    if "HTTP_X_BEFORE" in environ:
        start_response("503 Busy", [("content-length", "4")])
        return [b"busy"]
    return inner(environ, start_response)


app.wsgi_app = before  # type: ignore[method-assign]

if __name__ == "__main__":
    socketio.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_output=True)
