from a_page import PAGE
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from valetkey.frameworks.django import session_of, session_required, sign_out
from valetkey.web.replies import account_body


@csrf_exempt  # for a bearer; a cookie is asked where it comes from
@session_required
def me(request: HttpRequest) -> JsonResponse:
    # The user is the account's, in whatever way the request was authenticated.
    assert request.user.username == request.valetkey_session.account.handle
    return JsonResponse(account_body(request.valetkey_session.account))


def maybe(request: HttpRequest) -> JsonResponse:
    session = session_of(request)
    return JsonResponse({"handle": session.account.handle if session else None})


@csrf_exempt
def leave(request: HttpRequest) -> JsonResponse:
    assert request.method == "POST"
    sign_out(request)
    session = session_of(request)
    assert (session is None) == request.user.is_anonymous
    return JsonResponse({"handle": session.account.handle if session else None})


def health(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"well": True})


def page(request: HttpRequest, path: str = "") -> HttpResponse:
    return HttpResponse(PAGE)


urlpatterns = [
    path("health", health),
    path("page", page),
    path("admin/", admin.site.urls),
    path("auth/", include("valetkey.frameworks.django.urls")),
    path("api/me", me),
    path("api/maybe", maybe),
    path("api/sign-out", leave),
]
