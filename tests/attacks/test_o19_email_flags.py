"""O19: an e-mail address is verified where the provider's record knows the word for it, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.apples import apple_variables
from support.hostile import ABSENT, Hostile
from support.in_process import InProcess, in_process
from support.tenants import CONTOSO, base, of_tenant
from support.with_p import a_person, variables

from valetkey import Secret
from valetkey.providers.twitter import twitter_oauth2

FLAGS: dict[str, object] = {
    "true": True,
    "false": False,
    "the text true": "true",
    "the text True": "True",
    "the text false": "false",
    "the text 1": "1",
    "one": 1,
    "one, a fraction": 1.0,
    "zero": 0,
    "empty": "",
    "null": None,
    "an empty list": [],
    "a list": [True],
    "an object": {"verified": True},
    "missing": ABSENT,
}
# Which of them count, by provider. A provider that is not here has no word for it.
COUNT: dict[str, set[str]] = {
    "acme": {"true"},
    "google": {"true"},
    "gitlab": {"true"},
    "apple": {"true", "the text true"},
    "microsoft": {"true"},
    "github": {"true"},
    "discord": {"true"},
    "facebook": set(),
}
ADDRESS = "ada@example.com"


def settings(p: Hostile) -> dict[str, str]:
    """Every provider that is known by name, and ``acme``; all of them are P, each below its own path."""
    env = {"VALETKEY_PROVIDERS": ",".join(COUNT), **variables(p)}
    for name in COUNT:
        if name not in ("acme", "apple"):
            env[f"VALETKEY_{name.upper()}_BASE"] = base(p) if name == "microsoft" else f"{p.origin}/{name}"
            env[f"{name.upper()}_CLIENT_ID"] = p.client_id
            env[f"{name.upper()}_CLIENT_SECRET"] = p.client_secret
    return {**env, **apple_variables(p)}


@pytest.fixture(scope="module")
def app(running_p: Hostile, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    database: Path = tmp_path_factory.mktemp("o19") / "app.db"
    with in_process(database, **settings(running_p)) as one:
        yield one


def identity(app: InProcess, p: Hostile, name: str, **claims: object) -> dict[str, Any]:
    """Of somebody who signs in with these claims."""
    profile, who = app.browser(), a_person(**{"email": ADDRESS, **claims})
    if name == "microsoft":
        p.metadata = {"issuer": base(p) + "/{tenantid}/v2.0"}
        p.claims = of_tenant(p, CONTOSO)
    begun = profile.begin_at(name)
    assert begun.answer.status == 200, begun.answer.text
    answer = profile.return_from(p, begun, who)
    assert answer.status == 303, answer.text
    account = profile.account()
    assert account is not None, answer.headers
    return dict(account["identities"][0])


def written(name: str, flag: object) -> dict[str, object]:
    """The flag, in a provider's own word for it."""
    word = "xms_edov" if name == "microsoft" else "email_verified"
    return {"email_verified": ABSENT, word: flag}


@pytest.mark.parametrize("name", list(COUNT))
def test_every_spelling(app: InProcess, p: Hostile, name: str) -> None:
    """The address is kept, however it is flagged; the flag counts in the provider's own spelling alone."""
    for what, flag in FLAGS.items():
        found = identity(app, p, name, **written(name, flag))
        assert found["email"] == ADDRESS, what
        assert found["email_verified"] is (what in COUNT[name]), what


@pytest.mark.parametrize("name", ["acme", "google", "microsoft", "apple"])
def test_words_of_other_providers(app: InProcess, p: Hostile, name: str) -> None:
    words = ["verified", "verified_email", "is_email_verified", "emailVerified", "Email_Verified", "confirmed_email"]
    words += ["xms_edov"] if name != "microsoft" else ["email_verified"]
    flags = dict.fromkeys(words, True)
    assert identity(app, p, name, **{"email_verified": ABSENT, **flags})["email_verified"] is False


@pytest.mark.parametrize("name", list(COUNT))
def test_a_flag_without_an_address(app: InProcess, p: Hostile, name: str) -> None:
    """And with what is none: nothing is verified."""
    for address in (ABSENT, None, "", " ", "ada", "@example.com", ["ada@example.com"], "a@b@example.com", "a b@c.de"):
        found = identity(app, p, name, **{**written(name, True), "email": address})
        assert (found["email"], found["email_verified"]) == (None, False), address


def test_githubs_list_of_addresses(app: InProcess, p: Hostile) -> None:
    """The primary one counts with its own flag, not with a neighbour's."""
    mine, other = {"email": "mine@example.com"}, {"email": "other@example.com"}
    lists: list[tuple[object, tuple[str | None, bool]]] = [
        ([{**mine, "primary": True, "verified": False}, {**other, "primary": False, "verified": True}],
         ("mine@example.com", False)),
        ([{**other, "primary": False, "verified": True}, {**mine, "primary": True, "verified": True}],
         ("mine@example.com", True)),
        ([{**other, "primary": False, "verified": True}], (None, False)),
        ([{**other, "primary": "true", "verified": True}], (None, False)),
        ([], (None, False)),
        ({"0": {**mine, "primary": True, "verified": True}}, (None, False)),
    ]  # fmt: skip
    for reply, expected in lists:
        p.restore("emails")
        p.replace("emails", body=reply)
        found = identity(app, p, "github")
        assert (found["email"], found["email_verified"]) == expected, reply


def test_xs_address_is_confirmed_by_its_name(p: Hostile, new_app: Any) -> None:
    """``confirmed_email`` is a word of its own, and the only one that counts there."""
    x = twitter_oauth2(
        client_id=p.client_id, client_secret=Secret(p.client_secret), base=f"{p.origin}/x", include_email=True
    )
    app = new_app((x,))
    for word in ("confirmed_email", "email", "verified_email", "email_verified"):
        p.restore("profile")
        p.replace("profile", body={"data": {"id": "7", "username": "ada", word: ADDRESS, "verified": True}})
        assert identity(app, p, "twitter")["email_verified"] is (word == "confirmed_email"), word


def test_a_flag_that_is_taken_back(app: InProcess, p: Hostile) -> None:
    """What counts is the last sign-in's: an address that is no longer verified does not stay so."""
    for flag in (True, False, True, "true", True, ABSENT):
        found = identity(app, p, "acme", sub="o19", email_verified=flag)
        assert found["email_verified"] is (flag is True)
