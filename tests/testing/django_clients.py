"""A Django of its own, for Django is set up once in a process: signs its two clients in, and prints what came of it.

Our routes are here by valetkey's two translations alone, whatever the adapter does beyond. The argument is the callback
URL.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import AsyncClient, Client
from django.test.utils import setup_test_environment
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from valetkey import Settings, ValetkeyError
from valetkey.frameworks.wsgi import SyncSignIn, incoming_from
from valetkey.testing import running_sandbox, signed_in, signed_out

whole: SyncSignIn


@csrf_exempt
def auth(request: HttpRequest, rest: str) -> HttpResponse:
    reply = whole.answer(incoming_from(request.META, rest, request.body))
    response = HttpResponse(reply.body, status=reply.status)
    for name, value in reply.headers:
        if name == "set-cookie":
            response.cookies.load(value)
        else:
            response.headers[name] = value
    return response


@csrf_exempt
def me(request: HttpRequest) -> HttpResponse:
    try:
        session = whole.session_of(request.META)
    except ValetkeyError as error:
        return JsonResponse({}, status=error.status)
    if session is None:
        return JsonResponse({}, status=401)
    return JsonResponse({"id": session.account.id, "cookies": sorted(name for name, value in request.COOKIES.items())})


urlpatterns = [path("auth/<path:rest>", auth), path("api/me", me)]
ELSEWHERE = {"Sec-Fetch-Site": "cross-site"}


def plain(secure: bool) -> list[Any]:
    client = Client()
    seen: list[Any] = [client.get("/api/me", secure=secure).status_code]
    ada = signed_in(client, "ada")
    found = client.get("/api/me", secure=secure).json()
    seen += [ada.handle, found["id"] == ada.id, found["cookies"]]
    seen.append(client.post("/api/me", secure=secure).status_code)
    seen.append(client.post("/api/me", secure=secure, headers=ELSEWHERE).status_code)
    bare = signed_in(client, "bare")
    seen.append(client.get("/api/me", secure=secure).json()["id"] == bare.id != ada.id)
    signed_out(client)
    return [*seen, client.get("/api/me", secure=secure).status_code]


async def awaited(secure: bool) -> list[Any]:
    client = AsyncClient()
    seen: list[Any] = [(await client.get("/api/me", secure=secure)).status_code]
    ada = await signed_in(client, "ada")
    found = (await client.get("/api/me", secure=secure)).json()
    seen += [ada.handle, found["id"] == ada.id, found["cookies"]]
    seen.append((await client.post("/api/me", secure=secure)).status_code)
    seen.append((await client.post("/api/me", secure=secure, headers=ELSEWHERE)).status_code)
    bare = await signed_in(client, "bare")
    seen.append((await client.get("/api/me", secure=secure)).json()["id"] == bare.id != ada.id)
    await signed_out(client)
    return [*seen, (await client.get("/api/me", secure=secure)).status_code]


if __name__ == "__main__":
    callback = sys.argv[1]
    https = callback.startswith("https:")
    settings.configure(
        ROOT_URLCONF=__name__,
        ALLOWED_HOSTS=["testserver"],
        SECURE_SSL_REDIRECT=https,
        MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"],
    )
    django.setup()
    setup_test_environment()
    with running_sandbox() as sandbox:
        whole = SyncSignIn(Settings.from_environment(sandbox.environment | {"TWITTER_CALLBACK_URL": callback}))
        print(json.dumps([plain(https), asyncio.run(awaited(https))]))
