"""The ASGI apps of ``frameworks/apps/asgi_mounted.py`` at a public path, in every way in which people put them there:
one table, from which tests start real servers. What ``tests/deploy/test_table.py`` plays is not played again here.
"""

from __future__ import annotations

from frameworks.cells import OLDEST

from .mounts_wsgi import Mounted

APP = "asgi_mounted:app"
UVICORN = ("-m", "uvicorn", "--port", "{port}", APP)
HYPERCORN = ("-m", "hypercorn", "--bind", "127.0.0.1:{port}", APP)
DAPHNE = ("-m", "daphne", "-b", "127.0.0.1", "-p", "{port}", APP)
GRANIAN = ("-m", "granian", "--port", "{port}", "--interface", "asgi", APP)
GRANIAN_WITHOUT_LIFESPAN = ("-m", "granian", "--port", "{port}", "--interface", "asginl", APP)
ROOT_PATH = ("--root-path", "/app")
NO_LIFESPAN = ("--lifespan", "off")
CALLBACK_ALONE = {"VALETKEY_URL": "", "TWITTER_CALLBACK_URL": "{url}/app/auth/twitter"}


def mounted(shape: str, by: str, *command: str, **more: object) -> Mounted:
    """A shape of ``asgi_mounted``, and by what it gets below its path."""
    env = {"SHAPE": shape, **more.pop("env", {})}  # type: ignore[dict-item]
    return Mounted(name=f"{shape}, {by}", framework=shape.partition(" ")[0], command=command, env=env, **more)  # type: ignore[arg-type]


# What the app says by itself. Nothing takes anything away.
BY_THE_APP = [
    mounted("fastapi include", "uvicorn", *UVICORN, env=CALLBACK_ALONE),
    mounted("fastapi mount", "uvicorn", *UVICORN),
    mounted("fastapi deep", "uvicorn", *UVICORN, public="/out/mid/in"),
    mounted("starlette mount", "uvicorn without lifespan", *UVICORN, *NO_LIFESPAN),
    mounted("starlette mount app", "hypercorn", *HYPERCORN),
    mounted("litestar in starlette", "granian without lifespan", *GRANIAN_WITHOUT_LIFESPAN),
    mounted("fastapi root_path", "uvicorn", *UVICORN),
]
# What the server says, behind a proxy that takes the path away.
BY_THE_SERVER = [
    mounted("fastapi root", "hypercorn --root-path", *HYPERCORN, *ROOT_PATH, front="strips"),
    mounted("fastapi root", "hypercorn --root-path, all of the path", *HYPERCORN, *ROOT_PATH),
    mounted("fastapi root", "daphne --root-path", *DAPHNE, *ROOT_PATH, front="strips"),
    mounted("fastapi root", "granian --url-path-prefix", *GRANIAN, "--url-path-prefix", "/app"),
    mounted("litestar root", "uvicorn --root-path", *UVICORN, *ROOT_PATH, front="strips"),
    mounted("starlette root", "uvicorn --root-path, no lifespan", *UVICORN, *ROOT_PATH, *NO_LIFESPAN, front="strips"),
]
# What nobody says to the app.
BY_A_PROXY = [
    mounted("fastapi root", "a silent proxy", *UVICORN, front="strips", env=CALLBACK_ALONE),
    mounted("fastapi root_path", "a silent proxy", *UVICORN, front="strips"),
    mounted("litestar root", "a silent proxy", *UVICORN, front="strips"),
]
AT_THE_OLDEST = [
    mounted("fastapi include", "uvicorn, oldest", *UVICORN, python=OLDEST),
    mounted("fastapi mount", "uvicorn, oldest", *UVICORN, python=OLDEST),
    mounted("fastapi root", "uvicorn --root-path, oldest", *UVICORN, *ROOT_PATH, front="strips", python=OLDEST),
    mounted("litestar path", "uvicorn, oldest", *UVICORN, python=OLDEST),
]
ASGI = [*BY_THE_APP, *BY_THE_SERVER, *BY_A_PROXY, *AT_THE_OLDEST]
