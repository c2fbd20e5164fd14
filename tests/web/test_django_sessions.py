"""Django's session belongs to one user at a time, whichever way the user changes, in every session backend."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib import import_module
from typing import Any

import pytest
from support import django_site
from support.django_browser import Site

django_site.configure()

from django.conf import settings as django_settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.cache import cache  # noqa: E402

from valetkey.errors import StoreError  # noqa: E402
from valetkey.frameworks.django import conf, django_session  # noqa: E402
from valetkey.frameworks.django.models import SignInAccount  # noqa: E402
from valetkey.sessions.service import SessionService  # noqa: E402
from valetkey.testing import Sandbox, signed_in, signed_out  # noqa: E402
from valetkey.testing.control import Control  # noqa: E402
from valetkey.web.guard import Guard  # noqa: E402

Settings = Any  # pytest-django's fixture
ADA = {"persona": "ada"}
GRACE = {"user_id": "77", "screen_name": "grace"}


@pytest.fixture
def whole(valetkey_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[None]:
    conf.forget()
    for name, value in valetkey_sandbox.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("VALETKEY_DATABASE", f"sqlite:///{tmp_path}/valetkey.db")
    yield
    conf.forget()
    cache.clear()


Open = Callable[[], Site]
STACKS = {
    "db, WSGI": ("db", False),
    "db, ASGI": ("db", True),
    "cached_db, WSGI": ("cached_db", False),
    "signed_cookies, WSGI": ("signed_cookies", False),
}


@pytest.fixture(params=STACKS)
def browser(
    request: pytest.FixtureRequest, whole: None, db: None, valetkey_sandbox: Sandbox, settings: Settings
) -> Open:
    engine, asynchronous = STACKS[request.param]
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    return lambda: Site(Control(valetkey_sandbox.origin), asynchronous=asynchronous)


@pytest.fixture
def site(browser: Open) -> Site:
    return browser()


@pytest.fixture
def plain(whole: None, db: None, valetkey_sandbox: Sandbox) -> Open:
    """In Django's default: sessions in the database, WSGI."""
    return lambda: Site(Control(valetkey_sandbox.origin), asynchronous=False)


# Who was there


def nobody(site: Site) -> None:
    pass


def anonymous(site: Site) -> None:
    site.get("/put/?put=anonymous")


def password(site: Site) -> None:
    """Somebody else, by Django's own login."""
    User.objects.create_superuser("root")
    site.get("/log-in/?name=root")
    site.get("/put/?put=root")
    assert site.stands() == ("root", "root")


def other(site: Site) -> None:
    """Somebody else, by a sign-in."""
    signs_in(site, GRACE)
    site.get("/put/?put=grace")
    assert site.stands() == ("grace", "grace")


def other_who_came_with_a_basket(site: Site) -> None:
    anonymous(site)
    signs_in(site, GRACE)
    assert site.stands() == ("grace", "anonymous")


def other_whose_session_was_revoked(site: Site) -> None:
    """And who has asked for nothing since."""
    other(site)
    end_all("grace")
    two_minutes_pass()


def other_who_logged_in_as_well(site: Site) -> None:
    signs_in(site, GRACE)
    site.get("/log-in/?name=grace")
    site.get("/put/?put=grace")
    assert site.stands() == ("grace", "grace")


def same(site: Site) -> None:
    signs_in(site, ADA)
    site.get("/put/?put=ada")
    assert site.stands() == ("ada", "ada")


def same_whose_session_was_revoked(site: Site) -> None:
    same(site)
    end_all("ada")
    two_minutes_pass()


def same_by_password(site: Site) -> None:
    signs_in(site, ADA)
    signed_out_here(site)
    site.get("/log-in/?name=ada")
    site.get("/put/?put=ada")
    assert site.stands() == ("ada", "ada")


def same_with_another_password(site: Site) -> None:
    """``login()`` goes by the password's hash, too."""
    same_by_password(site)
    ada = User.objects.get(username="ada")
    ada.set_password("another")
    ada.save()


def end_all(name: str) -> None:
    account = SignInAccount.objects.get(user__username=name)
    conf.sign_in().sessions.revoke_all(account.account_id)


def two_minutes_pass() -> None:
    """Since sessions were revoked: this is about who comes, and not about when."""
    database = conf.sign_in().settings.database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(database, timeout=10)) as connection, connection:
        changed = connection.execute("UPDATE sessions SET revoked_at = revoked_at - 120 WHERE revoked_at IS NOT NULL")
        assert changed.rowcount


def signed_out_here(site: Site) -> None:
    assert site.ask("DELETE", "/auth/session").status_code == 204


# By which way somebody comes


def signs_in(site: Site, who: dict[str, str]) -> None:
    """The callback sets the session."""
    assert site.come_back(site.begin(who)[1]).status_code == 303


def collects(site: Site, who: dict[str, str]) -> None:
    """The callback's answer was lost with the popup, and the page collects."""
    login, back = site.begin(who)
    popup = site.another_browser()
    for name, morsel in site.client.cookies.items():
        if name != "sessionid":  # what the lost answer did to that is the callback's way
            popup.client.cookies[name] = morsel.value
    assert popup.come_back(back).status_code == 303
    answer = site.ask("POST", "/auth/session", {"login": login})
    assert answer.json()["login"]["state"] == "done"


def changes_a_bearer(site: Site, who: dict[str, str]) -> None:
    """A page that holds the pass as a bearer changes it for a cookie."""
    elsewhere = site.another_browser()
    signs_in(elsewhere, who)
    bearer = f"Bearer {elsewhere.client.cookies['valetkey-session'].value}"
    assert site.ask("POST", "/auth/session", {}, Authorization=bearer).json()["account"] is not None


KEPT = {
    nobody: None,
    anonymous: "anonymous",
    password: None,
    other: None,
    other_who_came_with_a_basket: None,
    other_whose_session_was_revoked: None,
    other_who_logged_in_as_well: None,
    same: "ada",
    same_whose_session_was_revoked: "ada",
    same_by_password: "ada",
    same_with_another_password: None,
}
WAYS = (signs_in, collects, changes_a_bearer)


@pytest.mark.parametrize("comes", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("was_there", KEPT, ids=lambda who: who.__name__)
def test_a_sign_in_does_what_djangos_login_does(
    site: Site, was_there: Callable[[Site], None], comes: Callable[[Site, dict[str, str]], None]
) -> None:
    """The next request sees the user who came, and of the data what is theirs or was nobody's, under a new key."""
    was_there(site)
    before = site.key
    comes(site, ADA)
    assert site.stands() == ("ada", KEPT[was_there])
    if before is not None:
        assert site.key != before
        assert not key_exists(before)
    signed_out_here(site)
    assert site.stands() == ("nobody", None)


@pytest.mark.parametrize(
    "was_there",
    [other, other_who_came_with_a_basket, other_whose_session_was_revoked, other_who_logged_in_as_well],
    ids=lambda who: who.__name__,
)
def test_djangos_login_over_a_sign_in(site: Site, was_there: Callable[[Site], None]) -> None:
    """The other way round, by Django's own means: the keys that it writes are there."""
    was_there(site)
    before = site.key
    User.objects.create_user("root")
    site.get("/alog-in/?name=root" if site.asynchronous else "/log-in/?name=root")
    assert site.stands() == ("root", None)
    assert site.key != before
    assert "valetkey-session" not in site.client.cookies


@pytest.mark.parametrize("was_there", [other, other_who_logged_in_as_well, password], ids=lambda who: who.__name__)
def test_djangos_logout_leaves_nothing(site: Site, was_there: Callable[[Site], None]) -> None:
    """The session of ours has ended, and a stolen copy of its cookie is nobody's."""
    was_there(site)
    copy = site.another_browser()
    for name, morsel in site.client.cookies.items():
        copy.client.cookies[name] = morsel.value
    assert copy.stands() == site.stands() != ("nobody", None)
    assert site.get("/alog-out/" if site.asynchronous else "/log-out/").content == b"nobody"
    assert not [name for name in site.client.cookies if "valetkey" in name]
    assert site.stands() == ("nobody", None)
    if django_settings.SESSION_ENGINE.endswith("signed_cookies"):
        del copy.client.cookies["sessionid"]  # this backend has no end of a session (Django's docs say so)
    assert copy.stands() == ("nobody", None)


def key_exists(key: str) -> bool:
    return bool(import_module(django_settings.SESSION_ENGINE).SessionStore().exists(key))


# A sign-in that is over


def revoked(site: Site) -> None:
    end_all("grace")


def signed_out_from_another_device(site: Site) -> None:
    other_device = site.another_browser()
    signs_in(other_device, GRACE)
    assert other_device.ask("DELETE", "/auth/sessions").status_code == 204


def disabled(site: Site) -> None:
    conf.sign_in().accounts.disable(SignInAccount.objects.get().account_id)


def expired(site: Site) -> None:
    """Its longest lifetime is over, and the browser has dropped the cookie."""
    del site.client.cookies["valetkey-session"]


def deactivated(site: Site) -> None:
    """By a query, which sends no signal: the session itself lives."""
    User.objects.filter(username="grace").update(is_active=False)


def user_deleted(site: Site) -> None:
    SignInAccount.objects.all()._raw_delete("default")  # without a signal
    User.objects.filter(username="grace").delete()


@pytest.mark.parametrize("as_well", [False, True], ids=["", "login() as well"])
@pytest.mark.parametrize(
    "ends",
    [revoked, signed_out_from_another_device, disabled, expired, deactivated, user_deleted],
    ids=lambda way: way.__name__,
)
def test_djangos_session_ends_with_the_sign_in(
    site: Site, monkeypatch: pytest.MonkeyPatch, ends: Callable[[Site], None], as_well: bool
) -> None:
    """The next user of the browser is nobody, and reads nothing; the control is that it was all there before."""
    (other_who_logged_in_as_well if as_well else other)(site)
    before = site.key or ""
    ends(site)
    if ends is expired:
        later = time.time() + 31 * 86400
        monkeypatch.setattr(django_session.time, "time", lambda: later)
    seen = site.get("/abasket/" if site.asynchronous else "/basket/").json()
    assert seen == {"user": "nobody", "basket": None}
    assert site.stands() == ("nobody", None)
    assert not key_exists(before)


def test_who_was_there_before_is_not_found_again(plain: Open) -> None:
    """An admin, over whom somebody signed in who was deactivated since."""
    site = plain()
    password(site)
    signs_in(site, ADA)
    assert site.stands() == ("ada", None)
    User.objects.filter(username="ada").update(is_active=False)
    assert site.stands() == ("nobody", None)
    assert site.ask("GET", "/admin/").status_code == 302


def test_a_session_of_djangos_that_the_callback_did_not_see(plain: Open) -> None:
    """Its cookie has a path or a domain of its own, say. A request with both is one user's, and never two people's."""
    site = plain()
    password(site)
    hidden = site.client.cookies.pop("sessionid")
    signs_in(site, ADA)
    site.client.cookies["sessionid"] = hidden.value
    assert site.get("/basket/").json() == {"user": "ada", "basket": None}
    assert not key_exists(hidden.value)
    signed_out_here(site)
    assert site.stands() == ("nobody", None)


def test_a_bearer_beside_a_session_of_djangos(plain: Open) -> None:
    """Where pages hold their pass: the bearer says who it is, and the session is not another's."""
    site, elsewhere = plain(), plain()
    password(site)
    signs_in(elsewhere, ADA)
    bearer = f"Bearer {elsewhere.client.cookies['valetkey-session'].value}"
    assert site.ask("GET", "/basket/", Authorization=bearer).json() == {"user": "ada", "basket": None}
    assert site.ask("GET", "/put/?put=ada", Authorization=bearer).status_code == 200
    assert site.ask("GET", "/basket/", Authorization=bearer).json() == {"user": "ada", "basket": "ada"}
    # Signed out by that bearer, nothing of it stays.
    assert site.ask("DELETE", "/auth/session", Authorization=bearer).status_code == 204
    assert site.stands() == ("nobody", None)


def test_a_host_without_our_cookie_keeps_the_session(plain: Open) -> None:
    """Several hosts may share Django's session. Without our cookie nobody is signed in, and nothing is lost."""
    site = plain()
    other(site)
    ours = site.client.cookies.pop("valetkey-session")
    assert site.get("/basket/").json() == {"user": "nobody", "basket": "grace"}
    site.client.cookies["valetkey-session"] = ours.value
    assert site.stands() == ("grace", "grace")


def test_a_refused_request_leaves_the_session_alone(plain: Open) -> None:
    site = plain()
    other(site)
    for _ in range(2):
        refused = site.ask("POST", "/exempt/", Sec_Fetch_Site="cross-site", Accept="text/html")
        assert refused.status_code == 403
    assert site.stands() == ("grace", "grace")


def test_a_database_that_is_away_ends_no_session(plain: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    site = plain()
    other(site)

    async def away(self: SessionService, text: str | None) -> None:
        raise StoreError

    with monkeypatch.context() as patch:
        patch.setattr(SessionService, "recognise", away)
        patch.setattr(Guard, "recall", lambda *_: None)  # and it was not seen lately
        assert site.ask("GET", "/basket/").status_code == 503
        assert site.ask("GET", "/put/?put=more").status_code == 200
    assert site.stands() == ("grace", "more")


def test_a_secret_that_changes_keeps_sessions(plain: Open, settings: Settings) -> None:
    """As ``get_user()`` has it, the hash of a password may be by an older secret."""
    settings.VALETKEY = {"SECRET": secrets.token_hex(32)}
    site = plain()
    other(site)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = secrets.token_hex(32), [settings.SECRET_KEY]
    assert site.stands() == ("grace", "grace")
    settings.SECRET_KEY_FALLBACKS = []
    assert site.stands() == ("grace", "grace")
    site.client.cookies.pop("valetkey-session")
    signs_in(site, GRACE)
    assert site.stands() == ("grace", "grace")


def test_the_csrf_token_changes_with_the_user(plain: Open) -> None:
    """A page's forms go on working over a sign-in; another user's token is worth nothing to the next one."""
    for was_there, changes in ((anonymous, False), (same, False), (other, True), (password, True)):
        site = plain()
        was_there(site)
        site.client.cookies["csrftoken"] = token = "a" * 32
        signs_in(site, ADA)
        assert (site.client.cookies["csrftoken"].value != token) is changes, was_there.__name__


def test_a_link_leaves_the_session_alone(plain: Open) -> None:
    """The user stays who they are, and has another identity."""
    site = plain()
    other(site)
    before = site.key
    assert site.come_back(site.begin(ADA, "/auth/twitter/link")[1]).status_code == 303
    assert len(site.get("/auth/session").json()["account"]["identities"]) == 2
    assert (site.stands(), site.key) == (("grace", "grace"), before)


def test_a_sign_in_opens_no_session_of_djangos(plain: Open) -> None:
    site = plain()
    signs_in(site, ADA)
    assert site.stands() == ("ada", None)
    assert site.key is None


def test_the_keys_alone_sign_nobody_in(plain: Open, settings: Settings) -> None:
    """Not even where the app lists the backend that they name."""
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", django_session.BACKEND]
    site = plain()
    other(site)
    assert site.client.session["_auth_user_backend"] == django_session.BACKEND
    del site.client.cookies["valetkey-session"]
    assert site.get("/basket/").json()["user"] == "nobody"


def test_signed_out_by_the_test_kit(plain: Open) -> None:
    site = plain()
    signed_in(site.client, "ada")
    site.get("/put/?put=ada")
    signed_out(site.client)
    assert site.stands() == ("nobody", None)


def test_djangos_login_stays_after_a_sign_in_that_is_over(plain: Open) -> None:
    """Of the same user, whose session of Django's is kept: it is Django's own login from now on."""
    site = plain()
    other(site)
    end_all("grace")
    site.get("/log-in/?name=grace")
    assert site.stands() == ("grace", "grace")
    assert "valetkey-session" not in site.client.cookies
