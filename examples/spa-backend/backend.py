"""The backend of the page examples: valetkey, and one route for signed-in users. It can serve the built page, too."""

import os
from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles

from valetkey import Account, Settings
from valetkey.frameworks.fastapi import SignIn

# read_profile: X sends the picture only in answer to a further request.
sign_in = SignIn(Settings.from_environment(os.environ, read_profile=True))
CurrentAccount = Annotated[Account, Depends(sign_in.account)]

app = FastAPI(title="valetkey behind a page of its own")
app.include_router(sign_in.router)


@app.get("/api/me")
async def me(account: CurrentAccount) -> Account:
    return account


# What `npm run build` wrote. In development the page's own server serves the page.
if page := os.environ.get("PAGE"):
    app.mount("/", StaticFiles(directory=page, html=True))
