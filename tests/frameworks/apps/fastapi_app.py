"""What a user of FastAPI writes, and the routes that the contract asks for."""

from typing import Annotated

from fastapi import Depends, FastAPI, Request, Response

from valetkey import Account
from valetkey.frameworks.fastapi import SignIn

app = FastAPI()
sign_in = SignIn.from_env()
app.include_router(sign_in.router)
CurrentAccount = Annotated[Account, Depends(sign_in.account)]


@app.get("/api/me")
@app.post("/api/me")
async def me(account: CurrentAccount) -> Account:
    return account


@app.get("/api/maybe")
async def maybe(account: Annotated[Account | None, Depends(sign_in.optional_account)]) -> dict[str, object]:
    return {"handle": account.handle if account else None}


@app.post("/api/sign-out")
async def leave(request: Request, response: Response) -> dict[str, object]:
    await sign_in.sign_out(request, response)
    return {"handle": None if await sign_in.session_of(request) is None else "somebody"}
