"""Authlib with FastAPI as Authlib's documentation shows it. The signed cookie session keeps what a login needs."""

from __future__ import annotations

import os

from authlib.integrations.starlette_client import OAuth
from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from starlette.middleware.sessions import SessionMiddleware
from users import signed_in

PROVIDER, PORT = os.environ["PROVIDER"], os.environ["PORT"]
app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key="k" * 32)
oauth = OAuth()
oauth.register(
    "twitter",
    client_id="ck",
    client_secret="cs",
    request_token_url=f"{PROVIDER}/oauth/request_token",
    access_token_url=f"{PROVIDER}/oauth/access_token",
    authorize_url=f"{PROVIDER}/oauth/authenticate",
)
oauth.register(
    "acme",
    client_id="ck",
    client_secret="cs",
    server_metadata_url=f"{PROVIDER}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
)


@app.get("/login/{provider}")
async def start(request: Request, provider: str):
    return await oauth.create_client(provider).authorize_redirect(request, f"http://127.0.0.1:{PORT}/auth/{provider}")


@app.get("/auth/twitter")
async def twitter(request: Request):
    token = await oauth.twitter.authorize_access_token(request)
    request.session["user"] = signed_in(token["user_id"], token["screen_name"])
    return RedirectResponse("/")


@app.get("/auth/acme")
async def acme(request: Request):
    token = await oauth.acme.authorize_access_token(request)
    request.session["user"] = signed_in(token["userinfo"]["sub"], token["userinfo"]["name"])
    return RedirectResponse("/")
