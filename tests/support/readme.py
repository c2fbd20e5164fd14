"""The app that the README shows for FastAPI, run as its reader runs it: the README's own code, ``SignIn.from_env()``
with no option, uvicorn with no option. Its route answers ``POST``, too.

The attacks run against it, because ``valetkey serve`` does more than an app does by default: it reads the profile, so
that a second check stands behind the identity's, and it keeps queries out of the log with a filter of its own.

What a test adds to it, the test says in the environment:

``READS_PROFILE``  the app asks the provider for name and picture, as ``read_profile=True`` does
``NODE_SECOND``    the name of a second provider, which speaks as the first one does
``NODE_PEOPLE``    a database of the app's own people, which ``resolve_account`` gets or creates
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

import uvicorn

from support.people import resolver
from support.written import blocks_of
from valetkey import Settings
from valetkey.cli import main as cli
from valetkey.frameworks import fastapi

CODE = compile(blocks_of("README.md")["fastapi"], "README.md", "exec")


class Announcing(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(f"Ready http://127.0.0.1:{self.config.port}", flush=True)


def add_what_is_asked_for(environ: Mapping[str, str]) -> None:
    options: dict[str, Any] = {"read_profile": True} if "READS_PROFILE" in environ else {}
    if "NODE_SECOND" in environ:
        (x,) = Settings.from_environment(environ).providers
        options["providers"] = [replace(x, name=environ["NODE_SECOND"])]
    resolve = resolver(environ["NODE_PEOPLE"]) if "NODE_PEOPLE" in environ else None
    if options or resolve:
        fastapi.SignIn.from_env = classmethod(  # type: ignore[method-assign, assignment]
            lambda cls: cls(Settings.from_environment(os.environ, **options), resolve_account=resolve)
        )


def run(arguments: list[str]) -> None:
    """``readme PORT``, or one of valetkey's own commands."""
    if arguments[0] != "readme":
        return cli.main(arguments, prog_name="valetkey")
    add_what_is_asked_for(os.environ)
    # FastAPI looks annotations up in the module that a route's function names.
    module = sys.modules["readme_app"] = ModuleType("readme_app")
    exec(CODE, module.__dict__)
    # A route that changes something, as most apps have one.
    module.app.post("/api/me")(module.me)
    return Announcing(uvicorn.Config(module.app, port=int(arguments[1]))).run()
