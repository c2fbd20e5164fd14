"""Passwords beside sign-ins, by Django's own views and functions: log in, log out, change the password."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from support import django_site
from support.django_browser import PAGE, Site

django_site.configure()

from django.contrib.auth import (  # noqa: E402
    aauthenticate,
    alogin,
    alogout,
    aupdate_session_auth_hash,
    authenticate,
    login,
    logout,
    update_session_auth_hash,
)
from django.contrib.auth.models import User  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.db import transaction  # noqa: E402
from django.http import HttpRequest, JsonResponse  # noqa: E402
from django.urls import include, path  # noqa: E402
from support.django_urls import urlpatterns as _others  # noqa: E402

from valetkey.frameworks.django import conf  # noqa: E402
from valetkey.testing import Sandbox  # noqa: E402
from valetkey.testing.control import Control  # noqa: E402

Settings = Any  # pytest-django's fixture
GRACE = {"user_id": "77", "screen_name": "grace"}
PASSWORD, NEW = "first-Word-9", "second-Word-9"


# The app


def enter(request: HttpRequest) -> JsonResponse:
    """A password form in a view of one's own, which says who it is before and after."""
    before = request.user.get_username()
    user = authenticate(request, username=request.POST["username"], password=request.POST["password"])
    login(request, user)
    return JsonResponse({"said": [before, request.user.get_username()]})


@transaction.non_atomic_requests
async def aenter(request: HttpRequest) -> JsonResponse:
    before: Any = await request.auser()
    user = await aauthenticate(request, username=request.POST["username"], password=request.POST["password"])
    await alogin(request, user)
    return JsonResponse({"said": [before.get_username(), request.user.get_username()]})


def leave(request: HttpRequest) -> JsonResponse:
    before = request.user.get_username()
    logout(request)
    return JsonResponse({"said": [before, request.user.get_username()]})


@transaction.non_atomic_requests
async def aleave(request: HttpRequest) -> JsonResponse:
    before: Any = await request.auser()
    await alogout(request)
    return JsonResponse({"said": [before.get_username(), request.user.get_username()]})


def change(request: HttpRequest) -> JsonResponse:
    user: Any = request.user
    user.set_password(request.POST["password"])
    user.save()
    if "forget" not in request.POST:
        update_session_auth_hash(request, user)
    return JsonResponse({"user": request.user.get_username()})


@transaction.non_atomic_requests
async def achange(request: HttpRequest) -> JsonResponse:
    user: Any = await request.auser()
    user.set_password(request.POST["password"])
    await user.asave()
    if "forget" not in request.POST:
        await aupdate_session_auth_hash(request, user)
    return JsonResponse({"user": (await request.auser()).get_username()})


urlpatterns = [
    path("enter/", enter),
    path("aenter/", aenter),
    path("leave-here/", leave),
    path("aleave-here/", aleave),
    path("change/", change),
    path("achange/", achange),
    path("accounts/", include("django.contrib.auth.urls")),
    *_others,
]


@pytest.fixture
def whole(
    valetkey_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, settings: Settings
) -> Iterator[None]:
    conf.forget()
    for name, value in valetkey_sandbox.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("VALETKEY_DATABASE", f"sqlite:///{tmp_path}/valetkey.db")
    settings.ROOT_URLCONF = __name__
    settings.DATABASES["default"]["ATOMIC_REQUESTS"] = False
    yield
    conf.forget()
    cache.clear()


Open = Callable[[], Site]


@pytest.fixture(params=[False, True], ids=["WSGI", "ASGI"])
def browser(request: pytest.FixtureRequest, whole: None, transactional_db: None, valetkey_sandbox: Sandbox) -> Open:
    return lambda: Site(Control(valetkey_sandbox.origin), asynchronous=request.param)


def signs_in(site: Site, who: dict[str, str] = GRACE) -> None:
    assert site.come_back(site.begin(who)[1]).status_code == 303


def post(site: Site, address: str, **fields: str) -> Any:
    """A form of a page of the app. In the stack of ASGI, the app's own view is the async one."""
    if site.asynchronous and address in ("/enter/", "/leave-here/", "/change/"):
        address = f"/a{address[1:]}"
    kind = "application/x-www-form-urlencoded"
    answer = site._send("POST", address, urlencode(fields).encode(), kind, headers=PAGE)
    assert answer.status_code in (200, 302), answer.content
    for name in [name for name, morsel in site.client.cookies.items() if not morsel.value]:
        del site.client.cookies[name]
    return answer


def copy_of(site: Site) -> Site:
    copied = site.another_browser()
    for name, morsel in site.client.cookies.items():
        copied.client.cookies[name] = morsel.value
    return copied


def who(site: Site) -> str:
    return site.stands()[0]


# login() and logout()


@pytest.mark.parametrize("address", ["/enter/", "/accounts/login/", "/admin/login/"])
def test_another_user_logs_in_by_password(browser: Open, address: str) -> None:
    """The request's user is the other one at once, and the sign-in of the former one is over in the store."""
    User.objects.create_superuser("root", password=PASSWORD)
    site = browser()
    signs_in(site)
    former = copy_of(site)
    answer = post(site, address, username="root", password=PASSWORD, next="/who/")
    if address == "/enter/":
        assert answer.json()["said"] == ["grace", "root"]
    assert "valetkey-session" not in site.client.cookies
    assert who(site) == "root"
    assert who(former) == "nobody"


@pytest.mark.parametrize("address", ["/leave-here/", "/accounts/logout/", "/admin/logout/"])
def test_djangos_log_out(browser: Open, address: str) -> None:
    site = browser()
    signs_in(site)
    User.objects.update(is_staff=True)
    former = copy_of(site)
    answer = post(site, address)
    if address == "/leave-here/":
        assert answer.json()["said"] == ["grace", ""]
    assert not [name for name in site.client.cookies if "valetkey" in name]
    assert who(site) == who(former) == "nobody"


# The password


@pytest.mark.parametrize("address", ["/change/", "/accounts/password_change/", "/admin/password_change/"])
@pytest.mark.parametrize("as_well", [False, True], ids=["", "and by password"])
def test_a_change_of_the_password(browser: Open, address: str, as_well: bool) -> None:
    """This sign-in stays, and so does what Django's session holds. The user's others end, as Django's sessions do."""
    site, elsewhere, by_password, another = browser(), browser(), browser(), browser()
    signs_in(site)
    grace = User.objects.get()
    grace.set_password(PASSWORD)
    grace.is_staff = True
    grace.save()
    signs_in(site)
    signs_in(elsewhere)
    signs_in(another, {"persona": "ada"})
    post(by_password, "/enter/", username="grace", password=PASSWORD)
    if as_well:
        post(site, "/enter/", username="grace", password=PASSWORD)
    site.get("/put/?put=basket")
    assert [who(one) for one in (site, elsewhere, by_password, another)] == ["grace", "grace", "grace", "ada"]
    post(site, address, password=NEW, old_password=PASSWORD, new_password1=NEW, new_password2=NEW)
    assert User.objects.get(username="grace").check_password(NEW)
    assert site.stands() == ("grace", "basket")
    assert site.get("/auth/session").json()["account"] is not None
    assert [who(one) for one in (elsewhere, by_password, another)] == ["nobody", "nobody", "ada"]


def test_a_new_password_from_elsewhere(browser: Open) -> None:
    """By a link in an e-mail, or by an administrator: the request is not the user's, and no sign-in of theirs stays."""
    site, root = browser(), browser()
    signs_in(site)
    grace = User.objects.get()
    User.objects.create_superuser("root", password=PASSWORD)
    post(root, "/enter/", username="root", password=PASSWORD)
    usable = {"usable_password": "true", "password1": NEW, "password2": NEW}
    post(root, f"/admin/auth/user/{grace.pk}/password/", **usable)
    grace.refresh_from_db()
    assert grace.check_password(NEW)
    assert [who(one) for one in (site, root)] == ["nobody", "root"]
    signs_in(site)
    grace.set_password(PASSWORD)
    grace.save()  # in no request
    assert who(site) == "nobody"


def test_what_is_no_change_of_the_password(browser: Open, settings: Settings) -> None:
    site, by_password = browser(), browser()
    signs_in(site)
    grace = User.objects.get()
    grace.set_password(PASSWORD)
    grace.save(update_fields=["first_name"])  # the password is not in it
    assert who(site) == "grace"
    grace.set_password(PASSWORD)
    grace.save()
    signs_in(site)
    grace.first_name = "Grace"
    grace.save()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher", *settings.PASSWORD_HASHERS]
    before = User.objects.get().password
    post(by_password, "/enter/", username="grace", password=PASSWORD)  # Django makes the hash anew
    assert User.objects.get().password != before
    assert [who(one) for one in (site, by_password)] == ["grace", "grace"]


def test_a_transaction_that_is_rolled_back(browser: Open) -> None:
    site = browser()
    signs_in(site)
    grace = User.objects.get()
    with transaction.atomic():
        grace.set_password(NEW)
        grace.save()
        transaction.set_rollback(True)
    assert who(site) == "grace"


def test_a_change_without_djangos_hash(browser: Open) -> None:
    """Django ends its own session then, with its data. The sign-in does not depend on the hash."""
    site = browser()
    signs_in(site)
    site.get("/put/?put=basket")
    post(site, "/change/", password=NEW, forget="1")
    assert who(site) == "grace"
    assert site.stands() == ("grace", None)


class Member(User):
    """A proxy, as an app registers it in the admin or adds methods by it."""

    class Meta:
        proxy = True
        app_label = "auth"


@pytest.mark.parametrize("change", ["password", "inactive"])
def test_a_user_who_is_saved_as_a_proxy(browser: Open, change: str) -> None:
    site = browser()
    signs_in(site)
    member = Member.objects.get()
    if change == "password":
        member.set_password(NEW)
    else:
        member.is_active = False
    member.save()
    assert site.get("/auth/session").json()["account"] is None
