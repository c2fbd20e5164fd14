"""What a user of Litestar writes, and the routes that the contract asks for.

From 2.23 on it is ``NamedDependency[Account]``, which the older ones do not have.
"""

from typing import Any

from litestar import Litestar, Request, get, post, route

from valetkey import Account
from valetkey.frameworks.litestar import SignIn


@route("/api/me", http_method=["GET", "POST"], status_code=200)
async def me(account: Account) -> Account:
    return account


@get("/api/maybe")
async def maybe(optional_account: Account | None) -> dict[str, str | None]:
    return {"handle": optional_account.handle if optional_account else None}


@post("/api/sign-out", status_code=200)
async def leave(request: Request[Any, Any, Any]) -> dict[str, str | None]:
    await sign_in.sign_out(request)
    return {"handle": None if await sign_in.optional_session(request.scope) is None else "somebody"}


sign_in = SignIn.from_env()
app = Litestar([me, maybe, leave], plugins=[sign_in])
