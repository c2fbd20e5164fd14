"""Each check of the conformance kit fails where the record, the core or the provider is wrong, and says so."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from valetkey import Profile, Provider, Settings
from valetkey.errors import ProviderReplyInvalid, ProviderUnavailable
from valetkey.login import cookie_codec, identification
from valetkey.protocols import json_reply
from valetkey.protocols.oauth2 import authorization_response, token_response
from valetkey.protocols.oauth2 import protocol as oauth2
from valetkey.protocols.openid import id_token
from valetkey.protocols.openid import protocol as openid
from valetkey.providers.record import Fields, claims
from valetkey.testing import Sandbox, running_sandbox
from valetkey.testing.conformance import GROUPS, Candidate, Result, built_in, play
from valetkey.testing.control import Control

Reply = Mapping[str, Any]
Describe = Callable[[Callable[[Reply], Profile], Reply], Profile]
CHECKS = [check.name for checks in GROUPS.values() for check in checks]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as one:
        yield one


def candidate(sandbox: Sandbox, played: str, change: Callable[[Provider], Provider] = lambda one: one) -> Candidate:
    settings = sandbox.settings_for(played)
    return Candidate(
        played, replace(settings, providers=tuple(map(change, settings.providers))), Control(sandbox.origin)
    )


def failing(candidate: Candidate, check: str) -> dict[str, str]:
    """The checks that fail of the group with this one, each with what it says."""
    group = next(name for name, checks in GROUPS.items() if check in [one.name for one in checks])
    try:
        results: list[Result] = play(candidate, group)
    finally:
        candidate.reset()
        candidate.close()
    return {result.check.name: " ".join(result.faults) for result in results if not result.holds}


def reading(describe: Describe) -> Callable[[Provider], Provider]:
    """A record that reads its profile, or its claims, in another way."""

    def changed(record: Provider) -> Provider:
        name = "describe" if record.identity_from == "profile" else "identify"
        right = getattr(record, name)
        return replace(record, **{name: lambda reply: describe(right, reply)})

    return changed


def protocol(**changes: object) -> Callable[[Provider], Provider]:
    return lambda record: replace(record, protocol=replace(record.protocol, **changes))  # type: ignore[type-var]


logins = itertools.count()
RECORDS: dict[str, tuple[str, Callable[[Provider], Provider], str, str]] = {
    "asks for no scope": ("discord", protocol(scopes=()), "a user signs in", "no scope"),
    "asks for too little": (
        "github",
        protocol(scopes=("read:user",)),
        "the provider accepts every request",
        "needs user:email or user",
    ),
    "does not ask for the address": (
        "discord",
        protocol(scopes=("identify",)),
        "the reply has what the record reads",
        "at `email`, and the reply has none. Ask for the scope 'email'",
    ),
    "has a subject of its own at each login": (
        "discord",
        reading(lambda right, reply: replace(right(reply), subject=f"{next(logins)}")),
        "the same user is the same account",
        "was another account",
    ),
    "has one subject for many": (
        "discord",
        reading(lambda right, reply: replace(right(reply), subject=right(reply).subject[:5])),
        "another user is another account",
        "Two users share one account",
    ),
    "takes the handle for the subject": (
        "discord",
        reading(lambda right, reply: replace(right(reply), subject=str(reply.get("username")))),
        "a renamed user keeps the account",
        "The subject is read from `username`, which the user can change.",
    ),
    "knows no word for Cancel": (
        "discord",
        protocol(cancel_errors=frozenset()),
        "Cancel ends as denied",
        "must end as denied",
    ),
    "needs an address": (
        "github",
        lambda record: replace(record, describe_email=lambda reply: (reply[1]["email"].lower(), True)),
        "an address that is not verified stays so",
        "the record says that it is",
    ),
    "needs a name": (
        "discord",
        reading(lambda right, reply: replace(right(reply), name=reply["global_name"].title())),
        "a user without e-mail address, name and picture signs in",
        "could not sign in",
    ),
    "needs that the name is there": (
        "discord",
        reading(lambda right, reply: replace(right(reply), name=reply["global_name"])),
        "a reply without all that is only displayed signs in",
        "the user must sign in all the same",
    ),
    "needs that the name is text": (
        "discord",
        reading(lambda right, reply: replace(right(reply), name=(reply.get("global_name") or "").strip())),
        "a member of another type fails no login",
        "`global_name` is only displayed. Where it is 7, the login failed.",
    ),
    "needs that the name is UTF-8": (
        "google",
        reading(lambda right, reply: replace(right(reply), name=str(reply.get("name", "")).encode().decode())),
        "a hostile name is cleaned",
        "could not sign in",
    ),
    "invents a name": (
        "discord",
        reading(lambda right, reply: replace(right(reply), name=str(reply.get("global_name")))),
        "a user without e-mail address, name and picture signs in",
        "is the text 'None'",
    ),
    "takes any flag for yes": (
        "discord",
        reading(lambda right, reply: replace(right(reply), email_verified=bool(reply.get("verified")))),
        "an address that is not verified stays so",
        "The address counts as verified where `verified` is 'false'.",
    ),
    "takes every address for verified": (
        "discord",
        reading(lambda right, reply: replace(right(reply), email_verified=True)),
        "an address that is not verified stays so",
        "the record says that it is",
    ),
    "takes any value for an id": (
        "github",
        reading(lambda right, reply: Profile(subject=str(reply.get("id")))),
        "a reply without an id signs nobody in",
        "`id` is missing, and a user was signed in as 'None'.",
    ),
    "takes a number for text": (
        "discord",
        reading(lambda right, reply: right({**reply, "id": str(reply["id"])})),
        "an id of another type signs nobody in",
        "`id` is a number, where the provider sends text, and a user was signed in as '7'.",
    ),
    "has a second place for the id": (
        "discord",
        reading(lambda right, reply: right(reply) if reply.get("id") else Profile(subject=str(reply["username"]))),
        "an id by another name signs nobody in",
        "`id` is called id_v2, and a user was signed in as 'kitfirst'.",
    ),
    "rounds large ids": (
        "github",
        reading(lambda right, reply: right({**reply, "id": int(float(reply["id"]))})),
        "large ids and odd spellings are not joined",
        "a number was rounded",
    ),
    "joins two spellings": (
        "google",
        reading(lambda right, reply: replace(right(reply), subject=right(reply).subject.strip().lstrip("0"))),
        "large ids and odd spellings are not joined",
        "'7' and '007' in `sub` are one account",
    ),
    "knows no tenant": (
        "microsoft",
        reading(lambda right, reply: replace(right(reply), subject=str(reply["oid"]))),
        "another tenant is another account",
        "`tid`: make it part of the subject",
    ),
}


@pytest.mark.parametrize("mistake", RECORDS)
def test_a_record_that(sandbox: Sandbox, mistake: str) -> None:
    played, change, check, says = RECORDS[mistake]
    found = failing(candidate(sandbox, played, change), check)
    assert says in found[check], found


def a_fixed_verifier(patch: pytest.MonkeyPatch) -> None:
    right = oauth2.draw
    patch.setattr(oauth2, "draw", lambda inputs, bits=128: "v" * 43 if bits == 256 else right(inputs, bits=bits))


def any_login(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cookie_codec, "constant_time_equals", lambda one, other: True)
    patch.setattr(oauth2, "require_own", lambda query, pending: None)


def any_nonce(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(id_token, "constant_time_equals", lambda one, other: True)


def any_issuer(patch: pytest.MonkeyPatch) -> None:
    right = authorization_response.read_callback
    patch.setattr(openid, "read_callback", lambda query, **known: right(query, **{**known, "issuer": None}))


def no_keys_error(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(token_response._ERRORS, "invalid_client", ProviderReplyInvalid)


def no_code_error(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(token_response._ERRORS, "invalid_grant", ProviderReplyInvalid)


def no_outage(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(token_response, "refusal", lambda response, **more: ProviderReplyInvalid())


def always_an_outage(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(json_reply, "refusal", lambda response, **more: ProviderUnavailable())


def no_cleaning(patch: pytest.MonkeyPatch) -> None:
    for module in (identification, claims):
        patch.setattr(module, "readable", lambda value: value)


CORE: dict[str, tuple[str, Callable[[pytest.MonkeyPatch], None], str]] = {
    "a wrong secret ends as wrong_keys": ("discord", no_keys_error, "must end as wrong_keys"),
    "an unknown code ends as provider_refused": ("discord", no_code_error, "must end as provider_refused"),
    "a used code ends as provider_refused": ("discord", no_code_error, "must end as provider_refused"),
    "an outage ends as provider_unavailable": ("discord", no_outage, "An outage of token"),
    "a refused profile ends as a named error": ("discord", always_an_outage, "A profile that is refused"),
    "a hostile name is cleaned": ("acme", no_cleaning, "The app failed with UnicodeEncodeError"),
    "a callback must name its login": ("discord", any_login, "A callback with another state signed a user in."),
    "a callback belongs to its browser": ("discord", any_login, "was sent to the provider"),
    "two logins of one browser are not mixed": ("discord", a_fixed_verifier, "signed a user in"),
    "the code of another user is refused": ("discord", a_fixed_verifier, "signed a user in"),
    "the ID token of another user is refused": ("google", any_nonce, "signed a user in"),
    "a callback of another issuer is refused": ("google", any_issuer, "A callback of another issuer signed a user in."),
}


@pytest.mark.parametrize("check", CORE)
def test_a_core_without(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, check: str) -> None:
    played, remove, says = CORE[check]
    mutant = candidate(sandbox, played)
    with monkeypatch.context() as patch:
        remove(patch)
        assert says in failing(mutant, check)[check]


def test_a_record_that_knows_no_server(sandbox: Sandbox) -> None:
    def without(settings: Settings) -> Settings:
        (record,) = settings.providers
        fields = Fields(subject="id", handle="username")
        return replace(settings, providers=(replace(record, describe=fields),))

    right = built_in.candidate_of("mastodon", sandbox)
    assert right.elsewhere is not None
    check = "another server is another account"
    elsewhere = without(right.elsewhere)
    wrong = Candidate("mastodon", without(right.settings), Control(sandbox.origin), elsewhere=elsewhere)
    assert failing(wrong, check) == {
        check: "Two servers give out the same id, and both users share one account. Begin the subject with the server."
    }


def test_a_record_with_other_addresses(sandbox: Sandbox) -> None:
    """At the sandbox the record has other hosts, so what it has for real is looked at apart."""
    right = built_in.candidate_of("discord", sandbox)
    assert right.written is not None
    wrong = Candidate(
        "discord",
        right.settings,
        Control(sandbox.origin),
        written=replace(right.written, profile_url="https://discord.test/api/users/@me?x=1"),
    )
    right.close()
    assert failing(wrong, "the addresses are the provider's") == {
        "the addresses are the provider's": "profile_url is https://discord.test/api/users/@me?x=1, and Discord has "
        "https://discord.com/api/users/@me."
    }


def test_every_check_has_been_seen_to_fail() -> None:
    seen = {check for _, _, check, _ in RECORDS.values()} | {*CORE}
    seen |= {"another server is another account", "the addresses are the provider's"}
    assert [name for name in CHECKS if name not in seen] == []
