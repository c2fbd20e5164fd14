"""The demo app with pages of a test's own on its origin, as any app has pages of its own.

``MOUNTED`` is a JSON object: a path, and the file that is served there. These come before the demo's own paths.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.responses import FileResponse
from starlette.routing import Route

from valetkey.cli import main as cli

TYPES = {".html": "text/html", ".js": "text/javascript"}


def route(path: str, file: str) -> Route:
    return Route(path, lambda request: FileResponse(file, media_type=TYPES[Path(file).suffix]))


def create_app(*args: Any, **kwargs: Any) -> Starlette:
    app = made(*args, **kwargs)
    app.router.routes[:0] = [route(path, file) for path, file in json.loads(os.environ["MOUNTED"]).items()]
    return app


made = cli.create_app

if __name__ == "__main__":
    cli.create_app = create_app
    cli.main(prog_name="valetkey")
