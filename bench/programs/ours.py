"""valetkey as README has it, and the same on Starlette (``ON``). The environment has its settings."""

from __future__ import annotations

import os

if os.environ.get("ON") == "starlette":
    from starlette.applications import Starlette

    from valetkey.frameworks import starlette

    sign_in = starlette.SignIn.from_env()
    app = Starlette(routes=sign_in.routes, lifespan=sign_in.lifespan)
else:
    from fastapi import FastAPI

    from valetkey.frameworks import fastapi

    app = FastAPI()
    app.include_router(fastapi.SignIn.from_env().router)
