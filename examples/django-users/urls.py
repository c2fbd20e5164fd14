from behind import behind
from django.conf import settings
from django.contrib import admin
from django.contrib.staticfiles.views import serve as serve_static
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import include, path
from django.views.static import serve

from valetkey.frameworks.django import session_required
from valetkey.frameworks.django.conf import read_settings


def index(request: HttpRequest) -> HttpResponse:
    context = {"framework": "your own Django user model", "behind": behind(read_settings())}
    return render(request, "index.html", context)


@session_required
def me(request: HttpRequest) -> HttpResponse:
    person = request.user
    return JsonResponse({"id": person.pk, "handle": person.nickname, "email": person.email})


urlpatterns = [
    path("", index),
    path("api/me", me),
    path("admin/", admin.site.urls),
    path("auth/", include("valetkey.frameworks.django.urls")),
    path("page/<path:path>", serve, {"document_root": settings.EXAMPLE_PAGE}),
    path("static/<path:path>", serve_static, {"insecure": True}),  # of the admin; a web server does it in production
]
