"""User models of the project's own: a sign-in creates their users, or ``manage.py check`` says what it cannot fill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from valetkey.testing import Sandbox

TESTS = Path(__file__).parents[1]
NEEDS_EMAIL = {
    "email_unique": False,  # whether the address is the user's name
    "email_unique_in_lower_case": False,
    "a_child": False,
    "email_is_the_name": True,
    "email_and_user_name": True,
    "no_user_name": True,
    "another_signature": True,
}
NEEDS_NONE = (
    "email_unique_or_null",
    "email_unique_or_null_for_a_manager",
    "no_create_user",
    "by_uuid",
    "another_manager",
)
NEEDS_MORE = {
    "other_fields": ["Person.born", "Person.city", "Person.phone"],
    "by_invitation": ["invitation, which create_user of django_people.Person requires"],
}
ADDRESSES = ["ada@example.com", "rtl@example.com", "longname@example.com"]
HANDLES = ["google", "rtl", "longname"]


@pytest.fixture(scope="module")
def played(valetkey_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What happened with each model (``support.django_people``)."""
    environment = valetkey_sandbox.environment_for("google", "github", "twitter") | {
        "VALETKEY_TWITTER_EMAIL": "on",
        "PEOPLE_DIRECTORY": str(tmp_path_factory.mktemp("people")),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")]),
    }
    command = [sys.executable, "-m", "support.django_people", *NEEDS_EMAIL, *NEEDS_NONE, *NEEDS_MORE]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("model", NEEDS_EMAIL)
def test_a_model_that_needs_an_address(model: str, played: dict[str, Any]) -> None:
    """Three people come by Google, GitHub and X, and again. Nobody gets a user by an address."""
    found = played[model]
    assert found["check"] == []
    names = ADDRESSES if NEEDS_EMAIL[model] else HANDLES
    assert found["story"] == [*names, *names, "email_taken", *["email_needed"] * 3]
    assert found["people"] == [list(one) for one in zip(names, ADDRESSES, strict=True)]
    assert [line.partition("needs an e-mail address, and ")[2].partition(".")[0] for line in found["log"]] == [
        "another user has the address",
        "google sent no address that it has verified",
        "twitter sent no address that it has verified",
        "github sent no address that it has verified",
    ]
    assert "@" not in str(found["log"])


@pytest.mark.parametrize("model", [*NEEDS_EMAIL, *NEEDS_NONE])
def test_two_requests_of_one_account_are_one_user(model: str, played: dict[str, Any]) -> None:
    """The address that the second finds taken is its own user's."""
    first, second = played[model]["at_once"]
    assert first == second


@pytest.mark.parametrize("model", NEEDS_EMAIL)
def test_a_provider_that_sends_no_address(model: str, played: dict[str, Any]) -> None:
    """X without the permission: the check says so, before the first user is refused."""
    (said,) = played[model]["silent"]
    assert said.startswith(
        "valetkey.E005 django_people.Person.email needs an e-mail address, and no verified one comes from X"
    )
    assert "VALETKEY_TWITTER_EMAIL=on" in said and "RESOLVE_ACCOUNT" in said


@pytest.mark.parametrize("model", NEEDS_NONE)
def test_a_model_that_needs_no_address(model: str, played: dict[str, Any]) -> None:
    """A unique field that may be null is null for everybody without an address of their own."""
    found = played[model]
    assert found["check"] == found["silent"] == []
    bare = "bare-2" if model == "another_manager" else "bare"
    assert found["story"] == [*HANDLES, *HANDLES, "ada", "google-2", bare, "blank"]
    before = len(found["people"]) - 7  # users that were there
    addresses = [address for _, address in found["people"][before:]]
    none = None if "or_null" in model else ""
    assert addresses == ([""] * 7 if model == "no_create_user" else [*ADDRESSES, *[none] * 4])


@pytest.mark.parametrize("model", NEEDS_MORE)
def test_a_model_that_needs_what_no_provider_sends(model: str, played: dict[str, Any]) -> None:
    said = [one for one in played[model]["check"] if "A new user needs " in one]
    assert len(said) == len(NEEDS_MORE[model])
    for line, named in zip(said, NEEDS_MORE[model], strict=True):
        assert line.startswith("valetkey.E005 ") and named in line and "RESOLVE_ACCOUNT" in line
