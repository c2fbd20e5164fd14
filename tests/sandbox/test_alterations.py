"""A test changes what a provider says about its users: in forms, in JSON, in ID tokens and in UserInfo."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from starlette.testclient import TestClient
from testing import apps

from valetkey.testing import Sandbox, SignInFailed, signed_in
from valetkey.testing.sandbox.alterations import altered, altered_json

REPLY: dict[str, Any] = {"data": [{"id": 7, "https://example.com/team": "T1"}], "name": "Ada"}


def test_a_path_leads_to_a_member() -> None:
    assert altered({"set": [["data.0.id", None]]}, REPLY)["data"][0]["id"] is None
    assert altered({"set": [[["data", 0, "https://example.com/team"], "T2"]]}, REPLY)["data"][0] == {
        "id": 7,
        "https://example.com/team": "T2",
    }
    assert altered({"remove": ["name", "data.0"]}, REPLY) == {"data": []}
    assert altered({"rename": [["name", "title"]]}, REPLY) == {"data": REPLY["data"], "title": "Ada"}


@pytest.mark.parametrize("path", ["none", "data.1.id", "name.first", "data.id", "data.-1", ["data", "x"]])
def test_a_path_that_leads_nowhere_changes_nothing(path: Any) -> None:
    for alteration in ({"set": [[path, 8]]}, {"remove": [path]}, {"rename": [[path, "other"]]}):
        assert altered(alteration, REPLY) == REPLY


def test_a_reply_is_not_changed_itself() -> None:
    altered({"remove": ["name"]}, REPLY)
    assert "name" in REPLY
    assert altered({}, REPLY) is REPLY


def test_a_text_that_is_no_json_stays() -> None:
    assert altered_json({"remove": ["name"]}, "<html>") == "<html>"
    assert altered_json({"set": [["flag", 1]]}, '{"flag": true}') == '{"flag": 1}'


numbers = itertools.count(7_100_000)


def shown(sandbox: Sandbox, provider: str, **alteration: object) -> tuple[str | None, str | None]:
    """Handle and name of a user who signs in for the first time. An app keeps what a later reply leaves out."""
    sandbox.set(provider=provider, alter_profile=alteration)
    client = TestClient(apps.starlette_app(sandbox.settings_for(provider)))
    user = {"user_id": str(next(numbers)), "handle": "grace", "name": "Grace Example"}
    (identity,) = signed_in(client, provider=provider, **user).identities
    return identity.handle, identity.name


@pytest.mark.parametrize(
    ("provider", "path"),
    [("twitter", "screen_name"), ("github", "login"), ("gitlab", "preferred_username"), ("acme", "preferred_username")],
)
def test_each_kind_of_reply(valetkey_sandbox: Sandbox, provider: str, path: str) -> None:
    """A form, a profile, an ID token that is signed after it was changed, and UserInfo."""
    handle, name = shown(valetkey_sandbox, provider)
    assert handle == "grace"
    assert shown(valetkey_sandbox, provider, set=[[path, "ada"]]) == ("ada", name)
    assert shown(valetkey_sandbox, provider, remove=[path]) == (None, name)
    assert shown(valetkey_sandbox, provider, rename=[[path, "other"]]) == (None, name)
    assert shown(valetkey_sandbox, provider) == ("grace", name)


def test_half_a_character_arrives_as_half(valetkey_sandbox: Sandbox) -> None:
    assert shown(valetkey_sandbox, "github", set=[["name", "\ud800 Ada"]])[1] == "Ada"


def test_an_id_that_is_renamed(valetkey_sandbox: Sandbox) -> None:
    with pytest.raises(SignInFailed) as failed:
        shown(valetkey_sandbox, "google", rename=[["sub", "subject"]])
    assert failed.value.code == "provider_reply_invalid"


def test_it_is_reset(valetkey_sandbox: Sandbox) -> None:
    valetkey_sandbox.set(provider="google", alter_profile={"remove": ["sub"]}, code_seconds=1)
    valetkey_sandbox.reset()
    client = TestClient(apps.starlette_app(valetkey_sandbox.settings_for("google")))
    assert signed_in(client, provider="google").name == "Ada Example"


@pytest.mark.parametrize("alteration", [{"add": []}, {"set": {"name": 1}}, {"set": ["name"]}, {"rename": [["name"]]}])
def test_an_alteration_that_there_is_none_of(valetkey_sandbox: Sandbox, alteration: object) -> None:
    with pytest.raises(ValueError, match=r"alter_profile has lists|each entry of"):
        valetkey_sandbox.set(provider="google", alter_profile=alteration)
    with pytest.raises(ValueError, match="plays no 'nobody'"):
        valetkey_sandbox.set(provider="nobody", alter_profile={})
