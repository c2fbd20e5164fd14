"""valetkey in a FastAPI app: a router, and a dependency that returns the signed-in account."""

from pathlib import Path
from typing import Annotated

from behind import behind
from fastapi import Depends, FastAPI, WebSocket
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from valetkey import Account
from valetkey.frameworks.fastapi import SignIn

PAGE = Path(__file__).parents[1] / "page"
sign_in = SignIn.from_env()
CurrentAccount = Annotated[Account, Depends(sign_in.account)]

app = FastAPI(title="valetkey with FastAPI")
app.include_router(sign_in.router)
app.mount("/page", StaticFiles(directory=PAGE))


@app.get("/", response_class=HTMLResponse, include_in_schema=False)
async def index() -> str:
    page = (PAGE / "index.html").read_text()
    return page.replace("{{ framework }}", "FastAPI").replace("{{ behind }}", behind(sign_in.settings))


@app.get("/api/me")
async def me(account: CurrentAccount) -> Account:
    return account


@app.websocket("/api/echo")
async def echo(websocket: WebSocket, account: CurrentAccount) -> None:
    """The handshake is refused if nobody is signed in, and for a page of another app."""
    await websocket.accept()
    async for said in websocket.iter_text():
        await websocket.send_text(f"{account.name or account.handle}: {said}")
