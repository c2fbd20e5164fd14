"""Django REST framework: its views, permissions, throttles and pages, over real sign-ins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support import django_site
from support.written import blocks_of

django_site.configure()

from django.contrib.auth.models import User  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import include, path  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402
from rest_framework.authentication import BasicAuthentication, SessionAuthentication  # type: ignore[import-untyped]  # noqa: E402
from rest_framework.permissions import AllowAny, DjangoModelPermissions, IsAuthenticated  # type: ignore[import-untyped]  # noqa: E402
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer  # type: ignore[import-untyped]  # noqa: E402
from rest_framework.response import Response  # type: ignore[import-untyped]  # noqa: E402
from rest_framework.throttling import UserRateThrottle  # type: ignore[import-untyped]  # noqa: E402
from rest_framework.views import APIView  # type: ignore[import-untyped]  # noqa: E402
from support.django_urls import urlpatterns as _others  # noqa: E402

from valetkey.errors import StoreError  # noqa: E402
from valetkey.frameworks.django import accounts, conf  # noqa: E402
from valetkey.frameworks.django.models import SignInAccount  # noqa: E402
from valetkey.frameworks.django.rest_framework import SignInAuthentication  # noqa: E402
from valetkey.models import Session  # noqa: E402
from valetkey.sessions.service import SessionService  # noqa: E402
from valetkey.testing import Sandbox, signed_in  # noqa: E402
from valetkey.web.guard import Guard  # noqa: E402

Settings = Any  # pytest-django's fixture
PAGE = {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}
EVIL = {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"}


class Me(APIView):  # type: ignore[misc]
    """Says who it is."""

    authentication_classes = (SignInAuthentication,)
    permission_classes = (IsAuthenticated,)
    renderer_classes = (JSONRenderer, BrowsableAPIRenderer)

    def get(self, request: Any) -> Response:
        session = request.auth
        assert session is None or isinstance(session, Session)
        return Response({"user": request.user.get_username(), "session": session and session.account.handle})

    post = delete = get


class Anyone(Me):
    permission_classes = (AllowAny,)


class OftenThrottle(UserRateThrottle):  # type: ignore[misc]
    rate = "2/min"


class Throttled(Me):
    throttle_classes = (OftenThrottle,)


class Users(Me):
    permission_classes = (DjangoModelPermissions,)
    queryset = User.objects.all()


class Beside(Me):
    authentication_classes = (SignInAuthentication, SessionAuthentication, BasicAuthentication)


urlpatterns = [
    path("api/me/", Me.as_view()),
    path("api/anyone/", Anyone.as_view()),
    path("api/throttled/", Throttled.as_view()),
    path("api/users/", Users.as_view()),
    path("api/beside/", Beside.as_view()),
    path("api-auth/", include("rest_framework.urls")),
    *_others,
]


@pytest.fixture(autouse=True)
def whole(
    valetkey_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, settings: Settings, db: None
) -> Iterator[None]:
    conf.forget()
    for name, value in valetkey_sandbox.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("VALETKEY_DATABASE", f"sqlite:///{tmp_path}/valetkey.db")
    settings.ROOT_URLCONF = __name__
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "rest_framework"]
    yield
    conf.forget()
    cache.clear()


def new_client() -> Client:
    """With Django's CSRF protection, which the test client would turn off."""
    return Client(HTTP_HOST="127.0.0.1:8000", enforce_csrf_checks=True)


@pytest.fixture
def ada() -> Client:
    client = new_client()
    signed_in(client, "ada")
    return client


def bearer_of(client: Client) -> dict[str, str]:
    return {"Authorization": f"Bearer {client.cookies['valetkey-session'].value}"}


def test_what_the_documentation_says() -> None:
    said: dict[str, Any] = {}
    exec(blocks_of("docs/django.md")["rest"], said)
    (named,) = said["REST_FRAMEWORK"]["DEFAULT_AUTHENTICATION_CLASSES"]
    assert import_string(named) is SignInAuthentication


def test_an_anonymous_request() -> None:
    """401 and the challenge, as RFC 9110 §15.5.2 has it. REST framework's own sessions answer 403."""
    client = new_client()
    for wrong in (
        {},
        {"Authorization": "Bearer null"},
        {"Authorization": "Bearer x.y.z"},
        {"Authorization": "Basic x"},
    ):
        for method in ("get", "post"):
            refused = getattr(client, method)("/api/me/", headers=wrong)
            assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")
            assert list(refused.json()) == ["detail"]
        assert client.get("/api/anyone/", headers=wrong).json() == {"user": "", "session": None}


def test_by_cookie(ada: Client) -> None:
    """Without a token of Django's, if a page of the app sends it; from elsewhere it is refused, by our own code."""
    answer = ada.get("/api/me/")
    assert answer.json() == {"user": "ada", "session": "ada"}
    assert {"Cookie", "Authorization"} <= set(answer["Vary"].split(", "))
    for method in ("post", "delete"):
        assert getattr(ada, method)("/api/me/", headers=PAGE).json() == {"user": "ada", "session": "ada"}
        for headers in (EVIL, {"Sec-Fetch-Site": "same-site"}, {**EVIL, "Authorization": "Bearer null"}):
            refused = getattr(ada, method)("/api/me/", headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (403, "foreign_origin")
            assert refused.json()["detail"]
    assert ada.get("/api/me/", headers=EVIL).status_code == 200  # a safe method, as everywhere


def test_by_bearer(ada: Client) -> None:
    """From anywhere, and it beats the cookie."""
    bearer, other = bearer_of(ada), new_client()
    for method in ("get", "post"):
        assert getattr(other, method)("/api/me/", headers={**EVIL, **bearer}).json()["user"] == "ada"
    signed_in(other, "bare")
    assert other.get("/api/me/", headers=bearer).json()["user"] == "ada"
    assert other.get("/api/me/", headers={"Authorization": "Bearer x"}).status_code == 401
    assert other.get("/api/me/").json()["user"] == "bare"  # the control


def test_a_session_that_is_over(ada: Client) -> None:
    """Its bearer is refused also where no user is needed, as REST framework's own tokens are. A stale cookie is not."""
    bearer = bearer_of(ada)
    accounts.disable(SignInAccount.objects.get().account_id)
    for refused in (ada.get("/api/me/"), new_client().get("/api/me/", headers=bearer)):
        assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")
    refused = new_client().get("/api/anyone/", headers=bearer)
    assert (refused.status_code, refused.json()["code"]) == (401, "not_signed_in")
    assert ada.get("/api/anyone/").json()["user"] == ""


@pytest.mark.parametrize("gone", ["inactive", "unlinked", "deleted"])
def test_a_session_without_its_user(ada: Client, gone: str) -> None:
    """By a query, which sends no signal: the session itself lives, and it is nobody's."""
    bearer = bearer_of(ada)
    if gone == "inactive":
        User.objects.update(is_active=False)
    else:
        SignInAccount.objects.all()._raw_delete("default")
    if gone == "deleted":
        User.objects.all().delete()
    for refused in (ada.get("/api/anyone/"), new_client().get("/api/beside/", headers=bearer)):
        assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")
        assert refused.json()["code"] == "not_signed_in"


def test_permissions_and_throttles(ada: Client) -> None:
    assert ada.post("/api/users/", headers=PAGE).status_code == 403
    User.objects.update(is_superuser=True)
    assert ada.post("/api/users/", headers=PAGE).status_code == 200
    other = new_client()
    signed_in(other, "bare")
    assert [ada.get("/api/throttled/").status_code for _ in range(3)] == [200, 200, 429]
    assert other.get("/api/throttled/").status_code == 200  # it counts each user


def test_the_browsable_api(ada: Client) -> None:
    """It shows the user, and its own log-out signs out here."""
    page = ada.get("/api/me/", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "ada" in page.content.decode()
    assert "Log out" in page.content.decode()
    assert new_client().get("/api/me/", headers={"Accept": "text/html"}).status_code == 401
    token = ada.cookies["csrftoken"].value
    ada.post("/api-auth/logout/", {"csrfmiddlewaretoken": token}, headers=PAGE)
    assert ada.get("/api/me/").status_code == 401


def test_beside_other_classes(ada: Client) -> None:
    """A user of Django's own session comes next, with Django's own CSRF protection."""
    assert ada.post("/api/beside/", headers=PAGE).json()["session"] == "ada"
    client = new_client()
    client.force_login(User.objects.create_user("password"))
    assert client.get("/api/beside/").json() == {"user": "password", "session": None}
    refused = client.post("/api/beside/", headers=PAGE)
    assert refused.status_code == 403
    assert "CSRF" in refused.json()["detail"]


def test_a_database_that_is_away(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(self: SessionService, text: str | None) -> None:
        raise StoreError

    monkeypatch.setattr(SessionService, "recognise", away)
    monkeypatch.setattr(Guard, "recall", lambda *_: None)  # and it was not seen lately
    answer = ada.get("/api/anyone/")
    assert (answer.status_code, answer["Retry-After"], answer.json()["code"]) == (503, "2", "store_unavailable")
