"""What is Django's own: its users, in its middleware, its admin, its tests and its checks."""

from __future__ import annotations

import asyncio
import copy
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any
from unittest import mock

import pytest
from support import django_site
from support.written import blocks_of

django_site.configure()

from django.contrib.admin.utils import quote  # noqa: E402
from django.contrib.auth.models import Permission, User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core import asgi as djangos_asgi  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.core.exceptions import ImproperlyConfigured  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.core.management import CommandError, call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402
from django.db.models.signals import pre_save  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.template import Context, Template  # noqa: E402
from django.test import AsyncClient, Client, RequestFactory, TestCase, override_settings  # noqa: E402

from valetkey import Account, Identity, Session, SignInRefused  # noqa: E402
from valetkey.errors import AccountNotFound, StoreError  # noqa: E402
from valetkey.frameworks.django import accounts, asgi, conf, django_session, session_of, sessions, users  # noqa: E402
from valetkey.frameworks.django.middleware import SignInMiddleware  # noqa: E402
from valetkey.frameworks.django.models import SignInAccount  # noqa: E402
from valetkey.login.service import LoginService  # noqa: E402
from valetkey.sessions.service import SessionService  # noqa: E402
from valetkey.testing import Sandbox, SignInFailed, signed_in, signed_out  # noqa: E402
from valetkey.web.guard import Guard  # noqa: E402

Settings = Any  # pytest-django's fixture
FOREIGN = {"Sec-Fetch-Site": "cross-site"}
ORIGIN = "http://127.0.0.1:8000"


@pytest.fixture
def whole(valetkey_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[dict[str, str]]:
    """Settings in the environment, a database of valetkey's own, and the whole built anew."""
    conf.forget()
    environment = valetkey_sandbox.environment | {"VALETKEY_DATABASE": f"sqlite:///{tmp_path}/valetkey.db"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    yield environment
    conf.forget()
    cache.clear()


def new_client(**options: Any) -> Client:
    return Client(HTTP_HOST="127.0.0.1:8000", **options)


@pytest.fixture
def client(whole: dict[str, str], db: None) -> Client:
    return new_client()


def text(response: Any) -> str:
    return str(response.content.decode())


# People


def test_who_signs_in_is_a_user(client: Client) -> None:
    assert client.get("/private/").status_code == 302
    account = signed_in(client, "ada")
    user = User.objects.get()
    assert (user.username, user.has_usable_password(), user.is_staff) == ("ada", False, False)
    assert user.last_login is not None
    assert user.sign_in_account.account_id == account.id
    assert text(client.get("/private/")) == text(client.get("/by-class/")) == "ada"
    signed_out(client)
    assert client.get("/private/").status_code == 302
    signed_in(client, "ada")
    assert User.objects.count() == 1


def test_permissions_are_the_users(client: Client) -> None:
    signed_in(client, "ada")
    assert client.get("/grown-up/").status_code == 403
    User.objects.get().user_permissions.add(Permission.objects.get(codename="add_group"))
    assert text(client.get("/grown-up/")) == "may"


def test_a_name_that_somebody_has(client: Client) -> None:
    """In whatever case: nobody gets another's user by being called so."""
    taken = User.objects.create_superuser("ADA", password="x")
    signed_in(client, "ada")
    assert text(client.get("/private/")) == "ada-2"
    assert User.objects.get(sign_in_account__isnull=True) == taken


def test_a_name_that_looks_like_anothers(db: None) -> None:
    """Django writes names in one form of Unicode, and one is looked for in that."""
    User.objects.create_user("ada")
    user = users.resolve_account(Identity(provider="twitter", subject="1", handle="ａda"), "account")
    assert user.username == "ada-2"


@pytest.mark.parametrize("handle", [None, "", "жжж", "a b\n<c>", "x" * 200])
def test_a_handle_that_is_no_name(db: None, handle: str | None) -> None:
    user = users.resolve_account(Identity(provider="twitter", subject="1", handle=handle), "account")
    user.full_clean(exclude=["password"])
    assert user.username


# Their e-mail addresses


def addressed(email: str | None, verified: bool = True, subject: str = "1") -> Identity:
    return Identity(provider="acme", subject=subject, handle="ada", email=email, email_verified=verified)


def test_a_user_who_signs_in_has_the_address_that_is_verified(
    whole: dict[str, str], db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the app asks X for it. It is the user's own from then on: a later sign-in changes nothing."""
    monkeypatch.setenv("VALETKEY_TWITTER_EMAIL", "on")
    account = signed_in(new_client(), "ada")
    assert [(one.email, one.email_verified) for one in account.identities] == [("ada@example.com", True)]
    assert User.objects.get().email == "ada@example.com"
    signed_in(new_client(), "bare")
    assert User.objects.get(username="bare").email == ""
    User.objects.filter(username="ada").update(email="another@example.com")
    signed_in(new_client(), "ada")
    assert User.objects.get(username="ada").email == "another@example.com"


@pytest.mark.parametrize(
    ("email", "verified", "expected"),
    [
        ("ada@example.com", True, "ada@example.com"),
        ("ada@example.com", False, ""),
        (None, False, ""),
        (None, True, ""),
        ("ada@localdomain", True, ""),  # Django's field takes no such address
        (f"ada@{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 63}.example", True, ""),
    ],
)
def test_an_address_that_is_a_users(db: None, email: str | None, verified: bool, expected: str) -> None:
    user = users.resolve_account(addressed(email, verified), "account")
    assert user.email == expected
    user.full_clean(exclude=["password"])


@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("theirs", ["root@example.com", "ROOT@example.com"])
def test_an_address_that_somebody_has(db: None, theirs: str, verified: bool) -> None:
    """Nobody becomes its user by it, and it stays the address of one user alone."""
    root = User.objects.create_superuser("root", theirs, "secret")
    user = users.resolve_account(addressed("root@example.com", verified), "account")
    assert user.pk != root.pk
    assert (user.email, user.is_superuser) == ("", False)
    assert User.objects.get(email__iexact="root@example.com") == root
    other = users.resolve_account(addressed("free@example.com", True, "2"), "account-2")  # the control
    assert other.email == "free@example.com"


@pytest.mark.django_db(transaction=True)
def test_one_address_for_two_at_once(whole: dict[str, str]) -> None:
    """Two accounts with one verified address are two users."""
    together = threading.Barrier(2)

    def resolve(number: int) -> int:
        together.wait()
        try:
            identity = addressed("ada@example.com", True, str(number))
            return int(users.resolve_account(identity, f"account-{number}").pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(resolve, range(2)))) == 2
    assert "ada@example.com" in User.objects.values_list("email", flat=True)


def test_an_inactive_user_is_refused(client: Client) -> None:
    signed_in(client, "ada")
    User.objects.update(is_active=False)
    assert text(client.get("/who/")) == "nobody"
    with pytest.raises(SignInFailed, match="user_inactive"):
        signed_in(new_client(), "ada")
    User.objects.update(is_active=True)
    signed_in(client, "ada")
    assert text(client.get("/who/")) == "ada"


def test_a_user_who_is_made_inactive_is_signed_out(client: Client, django_capture_on_commit_callbacks: Any) -> None:
    """From what asks for the session alone, too."""
    signed_in(client, "ada")
    user = User.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        user.save()
    assert client.get("/api/").status_code == 200
    user.is_active = False
    with django_capture_on_commit_callbacks(execute=True):
        user.save()
    assert client.get("/api/").status_code == 401
    assert client.get("/auth/session").json()["account"] is None


def test_a_user_who_is_deleted_is_signed_out(client: Client, django_capture_on_commit_callbacks: Any) -> None:
    signed_in(client, "ada")
    assert client.get("/auth/session").json()["account"] is not None
    with django_capture_on_commit_callbacks(execute=True):
        User.objects.get().delete()
    assert client.get("/auth/session").json()["account"] is None
    assert text(client.get("/who/")) == "nobody"
    signed_in(client, "ada")
    assert text(client.get("/who/")) == "ada"


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_user(whole: dict[str, str]) -> None:
    """The account's first sign-in, delivered to several threads; and several accounts with one handle."""
    together = threading.Barrier(8)

    def resolve(account_id: str) -> int:
        together.wait()
        try:
            return int(users.resolve_account(Identity(provider="twitter", subject="1", handle="ada"), account_id).pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(resolve, ["one"] * 8))) == 1
        assert User.objects.count() == 1
        assert len(set(pool.map(resolve, [f"account-{number}" for number in range(8)]))) == 8
    assert sorted(User.objects.values_list("username", flat=True))[:3] == ["ada", "ada-2", "ada-3"]


@pytest.mark.django_db(transaction=True)
def test_who_came_second_leaves_no_user(whole: dict[str, str]) -> None:
    """For an app's own function: all of them have found nobody, and begin to make one."""
    together = threading.Barrier(4)

    def resolve(number: int) -> int:
        def create() -> User:
            together.wait(10)
            return User.objects.create_user(f"user-{number}")

        try:
            return int(users.get_or_create_user("account", create).pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(resolve, range(4))) == {User.objects.get().pk}


resolving: Callable[[Identity, str], Any] = users.resolve_account


def resolve_as_the_test_says(identity: Identity, account_id: str) -> Any:
    return resolving(identity, account_id)


@pytest.fixture
def own_resolver(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    settings.VALETKEY = {"RESOLVE_ACCOUNT": f"{__name__}.resolve_as_the_test_says"}
    return lambda function: monkeypatch.setitem(globals(), "resolving", function)


def test_the_apps_own_function(client: Client, own_resolver: Any) -> None:
    """Whose user it is, the app says; at each sign-in anew."""
    boss = User.objects.create_user("boss")
    own_resolver(lambda identity, account_id: boss)
    signed_in(client, "ada")
    assert text(client.get("/who/")) == "boss"
    other = User.objects.create_user("other")
    own_resolver(lambda identity, account_id: other)
    signed_in(client, "ada")
    assert text(client.get("/who/")) == "other"
    assert SignInAccount.objects.get().user == other


@pytest.mark.parametrize("stored", ["the same", "of another user", "of another account"])
def test_two_requests_store_whose_account_it_is(db: None, stored: str) -> None:
    """With an app's own function. Between the look of one request and its insert, another one inserts."""
    ada, eve = User.objects.create_user("ada"), User.objects.create_user("eve")
    rows = {"the same": ("account", ada), "of another user": ("account", eve), "of another account": ("other", ada)}
    account_id, user = rows[stored]

    def insert(**_: object) -> None:
        pre_save.disconnect(insert, SignInAccount)
        SignInAccount.objects.bulk_create([SignInAccount(account_id=account_id, user=user)])  # which sends no signal

    pre_save.connect(insert, SignInAccount)
    users.resolve_user(lambda identity, account_id: ada, Identity(provider="twitter", subject="1"), "account")
    assert list(SignInAccount.objects.values_list("account_id", "user__username")) == [("account", "ada")]


def test_the_apps_own_function_refuses(client: Client, own_resolver: Any) -> None:
    def closed(identity: Identity, account_id: str) -> Any:
        raise SignInRefused("sign_up_closed", "Come back in May.")

    own_resolver(closed)
    with pytest.raises(SignInFailed, match="sign_up_closed"):
        signed_in(client, "ada")
    assert text(client.get("/who/")) == "nobody"


@pytest.mark.django_db(transaction=True)
def test_it_runs_in_no_transaction(whole: dict[str, str], own_resolver: Any) -> None:
    """ATOMIC_REQUESTS is on: a user that is made is committed before the session that names him, all the same."""
    assert connection.settings_dict["ATOMIC_REQUESTS"]
    seen = []

    def look(identity: Identity, account_id: str) -> Any:
        seen.append((connection.in_atomic_block, threading.current_thread()))
        return users.resolve_account(identity, account_id)

    own_resolver(look)
    client = new_client()
    signed_in(client, "ada")
    assert seen == [(False, threading.current_thread())]


class InATestCase(TestCase):
    """Hooks run in the caller's thread, and so within the test's transaction. Accounts and sessions are in valetkey's
    own database, outside of it: there they stay, and their users come anew."""

    @pytest.fixture(autouse=True)
    def _settings(self, whole: dict[str, str]) -> None:
        self.browser = new_client()

    def test_one(self) -> None:
        assert User.objects.count() == 0
        signed_in(self.browser, "ada")
        assert User.objects.count() == 1

    def test_two(self) -> None:
        self.test_one()


# Django's own session, beside


def test_djangos_session_where_there_is_no_pass(client: Client) -> None:
    client.force_login(User.objects.create_user("password"))
    assert text(client.get("/who/")) == "password"
    signed_in(client, "ada")
    assert text(client.get("/who/")) == "ada"


def test_who_logs_in_last_is_logged_in(client: Client) -> None:
    """The admin's password login ends our session, and its cookie goes."""
    User.objects.create_superuser("root", password="secret")
    signed_in(client, "ada")
    before = client.cookies["valetkey-session"].value
    form = {"username": "root", "password": "secret", "next": "/admin/"}
    answer = client.post("/admin/login/", form)
    assert answer.status_code == 302
    assert answer.cookies["valetkey-session"]["max-age"] == "0"
    assert text(client.get("/who/")) == "root"
    assert text(new_client().get("/who/", headers={"cookie": f"valetkey-session={before}"})) == "nobody"


def test_a_session_of_djangos_for_the_same_user(client: Client) -> None:
    """For an app that wants one: it opens it, and nobody is signed out."""
    signed_in(client, "ada")
    assert text(client.get("/as-well/")) == "ada"
    assert "sessionid" in client.cookies
    assert client.get("/auth/session").json()["account"] is not None
    assert text(client.get("/who/")) == "ada"


@pytest.mark.parametrize("path", ["/as-well/", "/open/"])
def test_a_sign_out_is_djangos_logout(client: Client, path: str) -> None:
    """Nobody stays behind in a session of Django's: not who has signed out, and not who was there before him."""
    client.force_login(User.objects.create_superuser("root"))
    assert text(client.get("/who/")) == "root"
    signed_in(client, "ada")
    client.get(path)
    assert text(client.get("/who/")) == "ada"
    refused = client.delete("/auth/session", headers=FOREIGN)
    assert (refused.status_code, text(client.get("/who/"))) == (403, "ada")
    signed_out(client)
    assert text(client.get("/who/")) == "nobody"


def test_what_one_left_is_not_the_next_ones(client: Client) -> None:
    """Nor does anybody sign in on an id of Django's session that a neighbour planted."""
    planted = client.session
    planted["basket"] = "full"
    planted.save()
    client.cookies["sessionid"] = planted.session_key
    signed_in(client, "ada")
    assert client.session["basket"] == "full"
    assert client.session.session_key != planted.session_key
    assert not client.session.exists(planted.session_key)
    signed_out(client)
    assert "basket" not in client.session


def test_a_logout_that_does_not_come_off(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database is away: no user who is signed in is called signed out."""
    signed_in(client, "ada")
    with monkeypatch.context() as away:
        away.setattr(LoginService, "sign_out", mock.Mock(side_effect=StoreError()))
        assert client.get("/leave/").status_code == 503
    assert text(client.get("/who/")) == "ada"
    assert text(client.get("/leave/")) == text(client.get("/who/")) == "nobody"


def test_djangos_logout_is_a_sign_out(client: Client) -> None:
    signed_in(client, "ada")
    User.objects.update(is_staff=True, is_superuser=True)
    assert "Log out" in text(client.get("/admin/"))
    before = client.cookies["valetkey-session"].value
    answer = client.post("/admin/logout/")
    assert answer.cookies["valetkey-session"]["max-age"] == "0"
    assert text(client.get("/who/")) == "nobody"
    assert text(new_client().get("/who/", headers={"cookie": f"valetkey-session={before}"})) == "nobody"


def test_djangos_logout_by_bearer(client: Client) -> None:
    signed_in(client, "ada")
    bearer = {"Authorization": f"Bearer {client.cookies['valetkey-session'].value}"}
    assert text(new_client().get("/who/", headers=bearer)) == "ada"
    assert text(new_client().get("/leave/", headers=bearer)) == "nobody"
    assert text(new_client().get("/who/", headers=bearer)) == text(client.get("/who/")) == "nobody"


@pytest.mark.django_db(transaction=True)
def test_who_it_is_changes_within_a_request(whole: dict[str, str]) -> None:
    User.objects.create_user("root")
    client = new_client()
    for query, then in (("?leave=1", ["", "", None]), ("", ["root", "root", None])):
        signed_in(client, "ada")
        assert client.get(f"/switch/{query}").json()["said"] == [["ada", "ada", "ada"], then]


def test_beside_rest_framework(client: Client) -> None:
    """Its request is one around Django's: what is kept is kept on that, for the middleware to find."""
    signed_in(client, "ada")
    answer = client.get("/rest/")
    assert (text(answer), answer["Vary"]) == ("ada", "Cookie, Authorization")
    left = client.get("/rest/?leave=1")
    assert (text(left), left.cookies["valetkey-session"]["max-age"]) == ("nobody", "0")


def test_nothing_is_asked_where_nobody_asks(client: Client, django_assert_num_queries: Any) -> None:
    signed_in(client, "ada")
    with django_assert_num_queries(0), mock.patch.object(conf.SyncSignIn, "session_of", side_effect=AssertionError):
        assert text(client.get("/open/")) == "open"
    with django_assert_num_queries(1):
        assert text(client.get("/auth/session")) and text(client.get("/exempt/")) == "ada"


# Where requests come from


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_user_who_was_not_read_yet_can_be_copied(client: Client, copied: Callable[[Any], Any]) -> None:
    signed_in(client, "ada")
    request: Any = client.get("/open/").wsgi_request
    assert "_user" in repr(request.user), "it says how it is found, and asks nobody"
    assert copied(request.user).username == request.user.username == "ada"


def test_an_unsafe_request_from_elsewhere(client: Client) -> None:
    """403, in Django's way for who reads pages, and as JSON for who does not."""
    signed_in(client, "ada")
    assert text(client.post("/who/")) == "ada"
    page = client.post("/who/", headers={**FOREIGN, "Accept": "text/html"})
    assert (page.status_code, text(page)) == (403, "False: the app's own 403")
    answer = client.post("/who/", headers=FOREIGN)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "foreign_origin")
    assert client.post("/open/", headers=FOREIGN).status_code == 200  # who is not asked for is not judged
    assert text(client.get("/who/", headers=FOREIGN)) == "ada"
    bearer = {"Authorization": f"Bearer {client.cookies['valetkey-session'].value}"}
    assert text(new_client().post("/who/", headers={**FOREIGN, **bearer})) == "ada"


def test_a_method_that_the_app_reads_elsewhere(client: Client, settings: Settings) -> None:
    """A link of another page's is none of a harmless method, if the app takes it for another."""
    settings.MIDDLEWARE = ["web.test_django.overrides", *django_site.MIDDLEWARE]
    signed_in(client, "ada")
    assert client.get("/exempt/?_method=DELETE", headers=FOREIGN).status_code == 403
    assert text(client.get("/exempt/?_method=DELETE", headers={"Origin": ORIGIN})) == "ada"
    assert text(client.get("/exempt/", headers=FOREIGN)) == "ada"


def overrides(get_response: Any) -> Any:
    """Django's people override methods by a middleware of their own."""

    def middleware(request: Any) -> HttpResponse:
        request.method = request.GET.get("_method", request.method)
        response: HttpResponse = get_response(request)
        return response

    return middleware


def test_with_every_page_behind_a_login(client: Client, settings: Settings) -> None:
    """Ours are open, and a request from elsewhere is refused in Django's own way."""
    settings.MIDDLEWARE = [*django_site.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
    signed_in(client, "ada")
    assert text(client.get("/open/")) == "open"
    assert client.post("/open/", headers=FOREIGN).status_code == 403
    assert new_client().get("/open/").status_code == 302


def test_djangos_csrf_token_is_asked_for_beside(client: Client) -> None:
    strict = new_client(enforce_csrf_checks=True)
    signed_in(strict, "ada")  # ours ask for none
    assert strict.post("/who/", headers={"Origin": ORIGIN}).status_code == 403
    assert text(strict.post("/exempt/", headers={"Origin": ORIGIN})) == "ada"
    strict.cookies["csrftoken"] = token = "a" * 32
    assert text(strict.post("/who/", headers={"Origin": ORIGIN, "X-CSRFToken": token})) == "ada"


def by_language(get_response: Any) -> Any:
    """A middleware whose answers depend on something else, too."""

    def answered(request: Any) -> HttpResponse:
        response: HttpResponse = get_response(request)
        response["Vary"] = "Accept-Language"
        return response

    return answered


def test_what_an_answer_depends_on_besides(client: Client, settings: Settings) -> None:
    settings.MIDDLEWARE = [*django_site.MIDDLEWARE, "web.test_django.by_language"]
    signed_in(client, "ada")
    assert client.get("/who/")["Vary"] == "Accept-Language, Cookie, Authorization"
    assert client.get("/open/")["Vary"] == "Accept-Language"


def test_a_cache_keeps_people_apart(client: Client, settings: Settings) -> None:
    before, after = (f"django.middleware.cache.{name}CacheMiddleware" for name in ("Update", "FetchFrom"))
    settings.MIDDLEWARE = [before, *django_site.MIDDLEWARE, after]
    signed_in(client, "ada")
    answer = client.get("/who/")
    assert {"Cookie", "Authorization"} <= set(re.split(r",\s*", answer["Vary"]))
    assert "Vary" not in client.get("/open/")
    other = new_client()
    signed_in(other, user_id="77", handle="grace")
    for _ in range(2):
        assert (text(client.get("/who/")), text(other.get("/who/"))) == ("ada", "grace")
        assert text(new_client().get("/who/")) == "nobody"
        bearer = {"Authorization": f"Bearer {other.cookies['valetkey-session'].value}"}
        assert text(new_client().get("/who/", headers=bearer)) == "grace"


def test_an_answer_in_json(client: Client) -> None:
    answer = client.get("/api/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_signed_in")
    assert answer["WWW-Authenticate"] == "Bearer"
    signed_in(client, "ada")
    assert client.get("/api/").json() == client.get("/aapi/").json() == {"handle": "ada"}
    assert client.post("/aapi/", headers=FOREIGN).json()["error"]["code"] == "foreign_origin"


@pytest.mark.django_db(transaction=True)
def test_async(whole: dict[str, str]) -> None:
    async def story() -> list[str]:
        client = AsyncClient(headers={"Host": "127.0.0.1:8000"})
        said = [text(await client.get("/awho/"))]
        await signed_in(client, "ada")
        said += [text(await client.get(path)) for path in ("/awho/", "/private/")]
        said.append((await client.get("/aapi/")).json()["handle"])
        return said

    assert asyncio.run(story()) == ["nobody", "ada", "ada", "ada"]


def hung_up(application: Any, path: str) -> list[str]:
    """What is sent to a browser that goes as soon as it has asked."""
    sent: list[str] = []
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1:8000"), (b"accept", b"application/json")],
        "client": ("127.0.0.1", 1),
    }
    heard = iter([{"type": "http.request"}, {"type": "http.disconnect"}])

    async def receive() -> dict[str, Any]:
        return next(heard)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message["type"])

    asyncio.run(application(scope, receive, send))
    return sent


def test_a_browser_that_has_gone(
    whole: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Django lets go of its request; ours are answered to the end, and nothing else is."""
    monkeypatch.setattr(conf, "uses_our_asgi", False)
    djangos = djangos_asgi.get_asgi_application()
    assert "Under ASGI Django ends a request" in caplog.text
    caplog.clear()
    ours = asgi.get_asgi_application()
    assert "Under ASGI" not in caplog.text
    assert hung_up(djangos, "/auth/session") == hung_up(djangos, "/open/") == hung_up(ours, "/open/") == []
    assert hung_up(ours, "/auth/session") == ["http.response.start", "http.response.body"]


def test_a_database_that_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in(client, "ada")
    monkeypatch.setattr(conf.SyncSignIn, "session_of", mock.Mock(side_effect=StoreError()))
    answer = client.get("/who/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")


@pytest.mark.usefixtures("whole")
def test_a_database_that_is_away_answers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A view that goes on and asks again must not learn that nobody is signed in."""
    request = RequestFactory().get("/")
    monkeypatch.setattr(conf.SyncSignIn, "session_of", mock.Mock(side_effect=[StoreError(), StoreError(), None]))
    for _ in range(2):
        with pytest.raises(StoreError):
            session_of(request)
    assert session_of(request) is None


@pytest.mark.django_db
@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize(("why", "expected"), [("gone", ""), ("flushed", ""), ("the control", "grace")])
def test_djangos_own_user_does_not_stand_in(monkeypatch: pytest.MonkeyPatch, why: str, expected: str) -> None:
    """Where valetkey's session is live and its user is gone, or where Django's session was flushed just now: not even
    if another middleware has read ``request.user`` before."""
    request = RequestFactory().get("/")
    request.user = User(username="grace")
    request.auser = mock.AsyncMock(return_value=request.user)
    account = Account(id="gone", name=None, picture=None)
    live = Session(id="s", account=account, login_id="l", opened_at=1.0, expires_at=2.0)
    monkeypatch.setattr(conf.SyncSignIn, "session_of", lambda *_: live if why == "gone" else None)
    if why == "flushed":
        django_session._flush(request, SessionStore())
    SignInMiddleware(lambda _: HttpResponse()).process_request(request)
    assert request.user.get_username() == expected


def test_no_secret_in_an_error_page(client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """With DEBUG, and in mails to admins, Django prints settings, and the variables of every frame that an exception
    passed."""
    secret = secrets.token_hex(32)
    settings.DEBUG = True
    settings.VALETKEY = {"SECRET": secret}
    settings.MIDDLEWARE = [*django_site.MIDDLEWARE, "web.test_django.asks_early"]
    signed_in(client, "ada")
    presented = client.cookies["valetkey-session"].value
    monkeypatch.setattr(SessionService, "recognise", mock.Mock(side_effect=StoreError()))
    monkeypatch.setattr(Guard, "recall", lambda *_: None)  # and it was not seen lately
    other = new_client(raise_request_exception=False)
    for headers in ({"cookie": f"valetkey-session={presented}"}, {"Authorization": f"Bearer {presented}"}):
        page = other.get("/who/", headers={**headers, "Accept": "text/html"})
        assert (page.status_code, "asks_early" in text(page), "store_unavailable" in text(page)) == (500, True, True)
        assert presented.rpartition(".")[2] not in text(page)
        assert secret not in text(page)


def asks_early(get_response: Any) -> Any:
    """A middleware that asks who it is, where no view's handlers help."""

    def middleware(request: Any) -> HttpResponse:
        request.user.is_authenticated  # noqa: B018
        response: HttpResponse = get_response(request)
        return response

    return middleware


def test_the_query_is_hidden_where_a_middleware_answers(client: Client, settings: Settings) -> None:
    """gunicorn logs from the environ, and a callback's query holds the verifier."""
    settings.MIDDLEWARE = [*django_site.MIDDLEWARE, "web.test_django.is_under_repair"]
    for path, left in (("/auth/twitter", ""), ("/open/", "?oauth_verifier=v")):
        environ = RequestFactory(HTTP_HOST="127.0.0.1:8000").get(f"{path}?oauth_verifier=v").environ
        environ["RAW_URI"] = f"{path}?oauth_verifier=v"
        said: list[str] = []
        WSGIHandler()(environ, lambda status, headers, said=said: said.append(status)).close()
        assert said == ["503 Service Unavailable"]
        assert (environ["RAW_URI"], environ["QUERY_STRING"]) == (f"{path}{left}", left.removeprefix("?"))


def is_under_repair(get_response: Any) -> Any:
    return lambda request: HttpResponse("Back soon.", status=503)


# Page, admin, commands


def test_the_tag(whole: dict[str, str]) -> None:
    script = '<script type="module" src="/auth/client.js"></script>\n'
    for tag, element in {
        "sign_in_button": '<sign-in-button provider="twitter" next=""></sign-in-button>',
        "sign_in_button next=None": '<sign-in-button provider="twitter"></sign-in-button>',
        'sign_in_buttons next="/welcome/"': '<sign-in-buttons next="/welcome/"></sign-in-buttons>',
        "signed_in": '<signed-in next=""></signed-in>',
    }.items():
        assert Template(f"{{% load valetkey %}}{{% {tag} %}}").render(Context()) == script + element
    flickr = {
        "URL": "http://127.0.0.1:8000",
        "PROVIDERS": "flickr",
        "FLICKR_CONSUMER_KEY": "k",
        "FLICKR_CONSUMER_SECRET": "s",
    }
    with override_settings(VALETKEY={**flickr, "TWITTER_CALLBACK_URL": ""}):
        assert 'provider="flickr"' in Template("{% load valetkey %}{% sign_in_button %}").render(Context())
    hostile = Template("{% load valetkey %}{% sign_in_button name name %}").render(Context({"name": '"><script>'}))
    assert "<script>" not in hostile


def test_the_panels_tag(client: Client) -> None:
    """It asks for nobody by itself: no page depends on the user because of it."""
    panel = Template("{% load valetkey %}{% account_panel %}")
    empty = '<script type="module" src="/auth/client.js"></script>\n<account-panel></account-panel>'
    assert panel.render(Context()) == empty
    signed_in(client, "ada")
    request = client.get("/who/").wsgi_request
    assert "<ul><li>X <bdi>@ada</bdi></li></ul>" in panel.render(Context({"request": request}))
    unasked = client.get("/open/").wsgi_request
    assert panel.render(Context({"request": unasked})) == empty
    assert not hasattr(unasked, "_valetkey_session")
    with override_settings(VALETKEY={"DELIVERY": "token"}):
        assert 'src="/auth/token.js"' in panel.render(Context())


def test_the_admin(client: Client) -> None:
    """Shows who signed in, from where; and signs out everywhere."""
    other = new_client()
    signed_in(other, user_id="77", handle="grace")
    signed_in(client, "ada")
    User.objects.filter(username="ada").update(is_staff=True, is_superuser=True)
    account = SignInAccount.objects.get(user__username="grace")
    assert "grace" in text(client.get("/admin/valetkey/signinaccount/?q=grace"))
    page = text(client.get(f"/admin/valetkey/signinaccount/{quote(account.pk)}/change/"))
    assert "twitter grace" in page
    assert "127.0.0.0/24" in page
    assert other.cookies["valetkey-session"].value not in page
    assert client.get("/admin/valetkey/signinaccount/add/").status_code == 403
    action = {"action": "sign_out", "_selected_action": account.pk}
    assert client.post("/admin/valetkey/signinaccount/", action).status_code == 302
    assert text(other.get("/who/")) == "nobody"
    assert text(client.get("/who/")) == "ada"


def test_the_admin_shows_addresses(
    whole: dict[str, str], client: Client, monkeypatch: pytest.MonkeyPatch, valetkey_sandbox: Sandbox
) -> None:
    monkeypatch.setenv("VALETKEY_TWITTER_EMAIL", "on")
    signed_in(client, "ada")
    User.objects.update(is_staff=True, is_superuser=True)
    address = f"/admin/valetkey/signinaccount/{quote(SignInAccount.objects.get().pk)}/change/"
    assert "twitter ada (ada@example.com)" in text(client.get(address))
    valetkey_sandbox.fault("verify_credentials", "status", status=429)
    signed_in(client, "ada")
    assert "twitter ada (ada@example.com, not verified)" in text(client.get(address))


def test_who_may_only_look_does_not_sign_out(client: Client) -> None:
    signed_in(client, "ada")
    user = User.objects.get()
    User.objects.update(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_signinaccount"))
    action = {"action": "sign_out", "_selected_action": user.sign_in_account.pk}
    client.post("/admin/valetkey/signinaccount/", action)
    assert text(client.get("/who/")) == "ada"
    user.user_permissions.add(Permission.objects.get(codename="change_signinaccount"))
    client.post("/admin/valetkey/signinaccount/", action)
    assert text(client.get("/who/")) == "nobody"


def test_accounts_and_sessions(client: Client) -> None:
    """From a view or a task of the app's own: at once in this process."""
    account = signed_in(client, "ada")
    account_id = User.objects.get().sign_in_account.account_id
    assert accounts.get(account_id).id == account.id
    assert [one.id for one in accounts] == [account_id]
    (device,) = sessions.list(account_id)
    assert client.get("/private/").status_code == 200
    assert sessions.revoke(device.id)
    assert client.get("/private/").status_code == 302
    signed_in(client, "ada")
    names: dict[str, Any] = {}
    exec(blocks_of("docs/accounts.md")["django"], names)
    names["disable"](User.objects.get())
    assert client.get("/private/").status_code == 302
    with pytest.raises(AccountNotFound):
        accounts.delete("nobody")


def test_the_command(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    account = signed_in(client, "ada")

    def said(*arguments: str) -> str:
        call_command("valetkey", *arguments)
        return capsys.readouterr().out

    assert said("accounts", "list").split() == [account.id, "-", "twitter", "ada"]
    assert '"handle": "ada"' in said("accounts", "show", account.id)
    assert "which is the newest" in said("migrate")
    assert len(said("secret").strip()) >= 43
    assert "lets sign-in through, at http://127.0.0.1:8000/auth/" in said("check")
    assert "accounts" in said()
    with pytest.raises(CommandError, match="nonsense"):
        said("nonsense")
    assert "Disabled" in said("accounts", "disable", account.id)
    with pytest.raises(SignInFailed, match="account_disabled"):
        signed_in(new_client(), "ada")


def test_the_command_says_what_is_wrong(whole: dict[str, str], settings: Settings) -> None:
    settings.MIDDLEWARE = [*django_site.MIDDLEWARE, "web.test_django.severs"]
    errors = StringIO()
    with pytest.raises(CommandError, match="would not work"):
        call_command("valetkey", "check", stderr=errors)
    assert "valetkey.E007" in errors.getvalue()


def severs(get_response: Any) -> Any:
    """A middleware as people find it in blogs."""

    def middleware(request: Any) -> HttpResponse:
        response: HttpResponse = get_response(request)
        response["Cross-Origin-Opener-Policy"] = "same-origin"
        return response

    return middleware


def test_the_migrations_are_whole(db: None) -> None:
    call_command("makemigrations", "valetkey", check=True, dry_run=True, verbosity=0)


def test_wrong_settings_stop_the_server(whole: dict[str, str], settings: Settings) -> None:
    WSGIHandler()
    with override_settings(VALETKEY={"TWITER_CONSUMER_KEY": "x"}), pytest.raises(ImproperlyConfigured, match="TWITER"):
        WSGIHandler()
    elsewhere = {"TWITTER_CALLBACK_URL": "http://127.0.0.1:8000/elsewhere/twitter"}
    with override_settings(VALETKEY=elsewhere), pytest.raises(ImproperlyConfigured, match="/elsewhere/"):
        WSGIHandler()
