"""What a user of Litestar writes, and the routes that the contract asks for.

From 2.23 on it is ``NamedDependency[Account]``, which the older ones do not have.
"""

from litestar import Litestar, get, route

from valetkey import Account
from valetkey.web.litestar import SignIn


@route("/api/me", http_method=["GET", "POST"], status_code=200)
async def me(account: Account) -> Account:
    return account


@get("/api/maybe")
async def maybe(optional_account: Account | None) -> dict[str, str | None]:
    return {"handle": optional_account.handle if optional_account else None}


app = Litestar([me, maybe], plugins=[SignIn.from_env()])
