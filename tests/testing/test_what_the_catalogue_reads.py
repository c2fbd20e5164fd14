"""What a login at each provider comes to: which of handle, name, picture and e-mail address it gives out, as its pages
say. A record that calls a member by a wrong name shows here, since the sandbox's tables were written apart from it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from valetkey.testing import Sandbox, running_sandbox
from valetkey.testing.conformance.built_in import candidate_of

VERIFIED = "email, which is verified"
GIVEN_OUT: dict[str, set[str]] = {
    "linkedin": {"name", "picture", "email", VERIFIED},
    "twitch": {"handle", "picture", "email", VERIFIED},
    "spotify": {"name", "picture", "email"},
    "slack": {"name", "picture", "email", VERIFIED},
    "bitbucket": {"handle", "name", "picture", "email", VERIFIED},
    "reddit": {"handle", "name", "picture"},
    "yahoo": {"name", "email", VERIFIED},
    "line": {"name", "picture", "email"},
    "kakao": {"name", "picture", "email", VERIFIED},
    "naver": {"handle", "name", "picture", "email"},
    "tiktok": {"name", "picture"},
    "telegram": {"handle", "name", "picture"},
    "notion": {"name", "picture", "email"},
    "figma": {"name", "picture", "email"},
    "dropbox": {"name", "picture", "email", VERIFIED},
    "salesforce": {"handle", "name", "picture", "email", VERIFIED},
    "amazon": {"name", "email"},
    "paypal": {"name", "email"},
    "vk": {"name", "picture", "email"},
    "atlassian": {"handle", "name", "picture", "email"},
    "zoom": {"name", "picture", "email"},
    "huggingface": {"handle", "name", "picture", "email", VERIFIED},
    "strava": {"handle", "name", "picture"},
    "linear": {"handle", "name", "picture", "email"},
    "heroku": {"name", "email"},
    "digitalocean": {"name", "email", VERIFIED},
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


@pytest.mark.parametrize("name", GIVEN_OUT)
def test_what_a_provider_gives_out(sandbox: Sandbox, name: str) -> None:
    candidate = candidate_of(name, sandbox)
    try:
        seen = candidate.signs_in("first")
    finally:
        candidate.close()
    identity = seen.outcome.identity
    assert identity is not None, seen.said()
    members = {
        "handle": identity.handle,
        "name": identity.name,
        "picture": identity.picture,
        "email": identity.email,
        VERIFIED: identity.email_verified,
    }
    assert {member for member, value in members.items() if value} == GIVEN_OUT[name]
    assert identity.name in (None, "First Person")
    assert identity.email in (None, "first@example.com")
