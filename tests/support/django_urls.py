"""Views of an app, in the ways that Django's people ask who it is."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.contrib import admin
from django.contrib.auth import alogin, alogout, login, logout
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from valetkey.frameworks.django import session_of, session_required, sign_out


@login_required
def private(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.user.get_username())


@permission_required("auth.add_group", raise_exception=True)
def grown_up(request: HttpRequest) -> HttpResponse:
    return HttpResponse("may")


class ByClass(LoginRequiredMixin, View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(request.user.get_username())


@transaction.non_atomic_requests
def who(request: HttpRequest) -> HttpResponse:
    """Of a form: it asks for Django's token as well."""
    return HttpResponse(request.user.get_username() or "nobody")


def as_well(request: HttpRequest) -> HttpResponse:
    login(request, request.user, "django.contrib.auth.backends.ModelBackend")  # type: ignore[arg-type]
    return HttpResponse(request.user.get_username())


def leave(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponse(request.user.get_username() or "nobody")


@transaction.non_atomic_requests
def switch(request: HttpRequest) -> JsonResponse:
    """In one request: who it is, and who it is after another's login, or after logout."""
    sync: Any = async_to_sync(request.auser)

    def said() -> list[Any]:
        asked = request.valetkey_session  # type: ignore[attr-defined]
        return [request.user.get_username(), sync().get_username(), asked.account.handle if asked else None]

    before = said()
    if request.GET:
        logout(request)
    else:
        login(request, User.objects.get(username="root"), "django.contrib.auth.backends.ModelBackend")
    return JsonResponse({"said": [before, said()]})


def put(request: HttpRequest) -> HttpResponse:
    """Keeps something in Django's session, for any user."""
    request.session["basket"] = request.GET["put"]
    return HttpResponse("kept")


def peek(request: HttpRequest) -> JsonResponse:
    """What Django's session holds, without a question who it is."""
    return JsonResponse({"basket": request.session.get("basket")})


def basket(request: HttpRequest) -> JsonResponse:
    user = request.user.get_username() or "nobody"
    return JsonResponse({"user": user, "basket": request.session.get("basket")})


@transaction.non_atomic_requests
async def abasket(request: HttpRequest) -> JsonResponse:
    user: Any = await request.auser()
    return JsonResponse({"user": user.get_username() or "nobody", "basket": await request.session.aget("basket")})


def log_in(request: HttpRequest) -> HttpResponse:
    """Django's own login, of a user whose password was asked for elsewhere."""
    user = User.objects.get(username=request.GET["name"])
    login(request, user, "django.contrib.auth.backends.ModelBackend")
    return HttpResponse(user.get_username())


@transaction.non_atomic_requests
async def alog_in(request: HttpRequest) -> HttpResponse:
    user = await User.objects.aget(username=request.GET["name"])
    await alogin(request, user, "django.contrib.auth.backends.ModelBackend")
    return HttpResponse(user.get_username())


def log_out(request: HttpRequest) -> HttpResponse:
    sign_out(request)
    return HttpResponse(request.user.get_username() or "nobody")


@transaction.non_atomic_requests
async def alog_out(request: HttpRequest) -> HttpResponse:
    await alogout(request)
    return HttpResponse(request.user.get_username() or "nobody")


class Wrapped:
    """As Django REST framework has it."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def __getattr__(self, name: str) -> Any:
        return getattr(self._request, name)


def rest(request: HttpRequest) -> HttpResponse:
    wrapped: Any = Wrapped(request)
    if request.GET:
        logout(wrapped)
    session = session_of(wrapped)
    return HttpResponse(session.account.handle if session else "nobody")


@transaction.non_atomic_requests
async def awho(request: HttpRequest) -> HttpResponse:
    user: Any = await request.auser()
    return HttpResponse(user.get_username() or "nobody")


@transaction.non_atomic_requests
def open_to_all(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


@session_required
def api(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"handle": request.valetkey_session.account.handle})  # type: ignore[attr-defined]


@transaction.non_atomic_requests
@session_required
async def aapi(request: HttpRequest) -> HttpResponse:
    session = await sync_to_async(session_of)(request)
    assert session is not None
    return JsonResponse({"handle": session.account.handle})


urlpatterns = [
    path("auth/", include("valetkey.frameworks.django.urls")),
    path("admin/", admin.site.urls),
    path("private/", private),
    path("grown-up/", grown_up),
    path("by-class/", ByClass.as_view()),
    path("who/", who),
    path("as-well/", as_well),
    path("leave/", leave),
    path("switch/", switch),
    path("rest/", rest),
    path("put/", put),
    path("peek/", peek),
    path("basket/", basket),
    path("abasket/", abasket),
    path("log-in/", log_in),
    path("alog-in/", alog_in),
    path("log-out/", log_out),
    path("alog-out/", alog_out),
    path("exempt/", csrf_exempt(who)),
    path("awho/", awho),
    path("open/", open_to_all),
    path("api/", csrf_exempt(api)),
    path("aapi/", csrf_exempt(aapi)),
]
