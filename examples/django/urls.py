from dataclasses import asdict

from behind import behind
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import include, path
from django.views.static import serve

from valetkey.frameworks.django import session_required
from valetkey.frameworks.django.conf import read_settings


def index(request: HttpRequest) -> HttpResponse:
    """The page. ``user`` in the template is Django's user, which the middleware sets."""
    return render(request, "index.html", {"behind": behind(read_settings())})


@session_required
def me(request: HttpRequest) -> HttpResponse:
    return JsonResponse(asdict(request.valetkey_session.account))


urlpatterns = [
    path("", index),
    path("api/me", me),
    path("admin/", admin.site.urls),
    path("auth/", include("valetkey.frameworks.django.urls")),
    path("page/<path:path>", serve, {"document_root": settings.EXAMPLE_PAGE}),
]
