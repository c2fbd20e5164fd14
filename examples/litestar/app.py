"""valetkey in a Litestar app: a plugin, and a handler that receives the signed-in account by name."""

from pathlib import Path

from behind import behind
from litestar import Litestar, MediaType, get
from litestar.di import NamedDependency
from litestar.static_files import create_static_files_router

from valetkey import Account
from valetkey.frameworks.litestar import SignIn

PAGE = Path(__file__).parents[1] / "page"
sign_in = SignIn.from_env()


@get("/", media_type=MediaType.HTML, include_in_schema=False)
async def index() -> str:
    page = (PAGE / "index.html").read_text()
    return page.replace("{{ framework }}", "Litestar").replace("{{ behind }}", behind(sign_in.settings))


@get("/api/me")
async def me(account: NamedDependency[Account]) -> Account:
    return account


app = Litestar([index, me, create_static_files_router("/page", [PAGE])], plugins=[sign_in])
