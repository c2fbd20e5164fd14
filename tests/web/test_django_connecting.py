"""A user of Django who has a password connects a provider: by the function that docs/django.md has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support import django_site
from support.django_browser import Site
from support.written import blocks_of

django_site.configure()

from django.contrib.auth.models import User  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.db import connection  # noqa: E402

from valetkey.errors import SettingsError  # noqa: E402
from valetkey.frameworks.django import conf  # noqa: E402
from valetkey.frameworks.django.models import SignInAccount  # noqa: E402
from valetkey.testing import Sandbox  # noqa: E402
from valetkey.testing.control import Control  # noqa: E402

Settings = Any  # pytest-django's fixture
Open = Callable[[], Site]
ADA, GRACE = {"persona": "ada"}, {"user_id": "77", "screen_name": "grace"}
_said: dict[str, Any] = {}
exec(blocks_of("docs/django.md")["connect"], _said)
documented = _said["resolve_account"]


@pytest.fixture(params=[False, True], ids=["WSGI", "ASGI"])
def browser(
    request: pytest.FixtureRequest,
    valetkey_sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
    settings: Settings,
    db: None,
) -> Iterator[Open]:
    conf.forget()
    for name, value in valetkey_sandbox.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("VALETKEY_DATABASE", f"sqlite:///{tmp_path}/valetkey.db")
    settings.VALETKEY = {"RESOLVE_ACCOUNT": documented}
    for name in ("victim", "mallory"):
        User.objects.create_user(name)
    yield lambda: Site(Control(valetkey_sandbox.origin), asynchronous=request.param)
    conf.forget()
    cache.clear()


@pytest.fixture
def victim(browser: Open) -> Site:
    site = browser()
    log_in(site, "victim")
    return site


def log_in(site: Site, name: str) -> None:
    site.get(f"/alog-in/?name={name}" if site.asynchronous else f"/log-in/?name={name}")
    assert site.stands()[0] == name


def signs_in(site: Site, who: dict[str, str] = ADA) -> Any:
    return site.come_back(site.begin(who)[1])


def users() -> set[str]:
    return {user.username for user in User.objects.all()}


def test_who_connects_is_who_signs_in(browser: Open, victim: Site) -> None:
    """The data of Django's session stays. Later the identity signs the same user in, without the password."""
    victim.get("/put/?put=basket")
    assert signs_in(victim).status_code == 303
    assert victim.stands() == ("victim", "basket")
    assert victim.get("/auth/session").json()["account"]["handle"] == "ada"
    elsewhere = browser()
    signs_in(elsewhere)
    assert elsewhere.stands()[0] == "victim"
    assert users() == {"victim", "mallory"}
    assert connection.in_atomic_block  # nothing of this was left behind in another transaction


def test_nobody_is_logged_in(browser: Open) -> None:
    site = browser()
    signs_in(site)
    assert site.stands()[0] == "ada"
    assert users() == {"victim", "mallory", "ada"}


def test_the_identity_of_another_user(browser: Open, victim: Site) -> None:
    """It is refused, and nobody's user changes."""
    other = browser()
    signs_in(other)
    _, back = victim.begin(ADA)
    assert victim.come_back(back)["Location"].endswith("/failed?code=another_user#")
    assert victim.stands()[0] == "victim"
    assert [account.user.username for account in SignInAccount.objects.all()] == ["ada"]
    signs_in(other)
    assert other.stands()[0] == "ada"


def test_a_second_identity_is_linked(browser: Open, victim: Site) -> None:
    """Not connected beside the first one, which would then sign in to another user. It is added to the account."""
    signs_in(victim)
    again = browser()
    log_in(again, "victim")
    _, back = again.begin(GRACE)
    assert again.come_back(back)["Location"].endswith("/failed?code=connected_otherwise#")
    assert again.stands()[0] == "victim"
    elsewhere = browser()
    signs_in(elsewhere)
    assert elsewhere.stands()[0] == "victim"
    assert elsewhere.come_back(elsewhere.begin(GRACE, "/auth/twitter/link")[1]).status_code == 303
    assert len(elsewhere.get("/auth/session").json()["account"]["identities"]) == 2


def test_the_same_identity_again(browser: Open, victim: Site) -> None:
    signs_in(victim)
    again = browser()
    log_in(again, "victim")
    assert signs_in(again)["Location"].endswith("#")
    assert again.stands()[0] == "victim"
    assert SignInAccount.objects.count() == 1


# Attacks, as in tests/attacks/test_c02_connected_user.py


def test_the_next_person_at_a_shared_machine(victim: Site) -> None:
    _, back = victim.begin(ADA)
    del victim.client.cookies["sessionid"]
    log_in(victim, "mallory")
    pending = {name for name in victim.client.cookies if "login" in name}
    if pending:  # Django's login() of another user has ended what the first one has begun
        victim.come_back(back)
    assert "mallory" not in {account.user.username for account in SignInAccount.objects.all()}


@pytest.mark.parametrize("attacker_is", ["nobody", "mallory"])
def test_an_attackers_login_planted(browser: Open, victim: Site, attacker_is: str) -> None:
    """The victim's browser finishes it, and is signed in as somebody new. The victim's user is not connected."""
    attacker = browser()
    if attacker_is != "nobody":
        log_in(attacker, attacker_is)
    _, back = attacker.begin(ADA)
    for name, morsel in attacker.client.cookies.items():
        if "login" in name:
            victim.client.cookies[name] = morsel.value
    assert victim.come_back(back).status_code == 303
    assert victim.stands()[0] == "ada"
    assert [account.user.username for account in SignInAccount.objects.all()] == ["ada"]


def test_who_logs_in_after_the_start(browser: Open, victim: Site) -> None:
    """Django's login ends what has begun. Put back, the login connects nobody."""
    site = browser()
    _, back = site.begin(ADA)
    cookies = {name: morsel.value for name, morsel in site.client.cookies.items()}
    site.client.cookies["sessionid"] = victim.client.cookies["sessionid"].value
    for name, value in cookies.items():
        site.client.cookies[name] = value
    assert site.come_back(back).status_code == 303
    assert [account.user.username for account in SignInAccount.objects.all()] == ["ada"]


def test_who_was_signed_out_from_elsewhere(victim: Site, settings: Settings) -> None:
    """The owner has ended the sign-in of a browser that is lost, and Django's session with it: a thief of that browser
    connects nothing to the owner, not even if nothing has asked for the user since."""
    signs_in(victim)
    (account,) = SignInAccount.objects.all()
    passed: list[Any] = []

    def resolve(identity: Any, account_id: str, current_user: Any) -> Any:
        passed.append(current_user)
        return documented(identity, account_id, None)

    conf.forget()
    settings.VALETKEY = {"RESOLVE_ACCOUNT": resolve}
    conf.sign_in().sessions.revoke_all(account.account_id)
    _, back = victim.begin(GRACE)
    victim.come_back(back)
    assert passed == [None]


# Signatures


def wrong(identity: Any, account: Any, someone: Any) -> None: ...


def too_short(identity: Any) -> None: ...


@pytest.mark.parametrize("function", [wrong, too_short])
def test_a_function_of_other_parameters(browser: Open, settings: Settings, function: Any) -> None:
    conf.forget()
    settings.VALETKEY = {"RESOLVE_ACCOUNT": function}
    with pytest.raises(SettingsError, match="current_user"):
        conf.sign_in()
