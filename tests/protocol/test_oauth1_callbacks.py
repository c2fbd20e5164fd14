"""How a provider sends the user back: approved, refused, or with a query that is nobody's."""

from __future__ import annotations

import pytest

from valetkey import errors

from .oauth1_records import provider

DENIALS = [
    {"denied": "rt-1"},
    {"oauth_token": "rt-1", "oauth_problem": "user_refused"},
    {"oauth_token": "rt-1", "oauth_problem": "permission_denied"},
    {"oauth_token": "rt-1", "error": "access_denied"},
    {"oauth_token": "rt-1", "error": "access_denied", "error_description": "x"},
]
NOBODYS = [
    {},
    {"denied": ""},
    {"oauth_problem": "user_refused"},
    {"error": "access_denied"},
    {"oauth_verifier": "denied"},
    {"oauth_token": "", "oauth_problem": "user_refused"},
    {"oauth_token": "", "error": "access_denied"},
    {"oauth_token": "", "oauth_verifier": "v"},
    {"oauth_token": "rt-1", "oauth_verifier": ""},
    {"oauth_token": "rt-1"},
    {"oauth_token": "rt-1", "oauth_verifier": "v", "denied": "rt-1"},
    {"oauth_token": "rt-1", "oauth_verifier": "v", "denied": ""},
    {"oauth_token": "rt-1", "oauth_verifier": "v", "oauth_problem": "user_refused"},
    {"oauth_token": "rt-1", "oauth_verifier": "v", "error": "access_denied"},
    {"oauth_token": "rt-1", "oauth_verifier": "v", "error": ""},
    {"oauth_token": "rt-1", "error": "access_denied", "oauth_problem": "user_refused"},
    {"denied": "rt-1", "error": "access_denied"},
    {"denied": "rt-1", "oauth_problem": "user_refused"},
    {"denied": "rt-1", "oauth_token": "rt-1"},
    {"denied": "rt-1", "oauth_verifier": "v"},
]


@pytest.mark.parametrize("query", DENIALS, ids=str)
def test_the_user_refused(query: dict[str, str]) -> None:
    for acme in (provider(), provider(denied_verifier="denied")):
        read = acme.parse_callback(query)
        assert (read.request_id, type(read.refusal)) == ("rt-1", errors.Denied)


@pytest.mark.parametrize("query", NOBODYS, ids=str)
def test_a_callback_that_is_nobodys(query: dict[str, str]) -> None:
    """It names no login, or it says two things."""
    for acme in (provider(), provider(denied_verifier="denied")):
        with pytest.raises(errors.BadRequest):
            acme.parse_callback(query)


def test_a_word_in_place_of_the_verifier_counts_only_where_it_is_named() -> None:
    query = {"oauth_token": "rt-1", "oauth_verifier": "denied"}
    assert provider().parse_callback(query).refusal is None
    assert type(provider(denied_verifier="denied").parse_callback(query).refusal) is errors.Denied
    for other in ("Denied", "denied ", "deny", "v-1"):
        approved = provider(denied_verifier="denied").parse_callback({**query, "oauth_verifier": other})
        assert approved.refusal is None


@pytest.mark.parametrize(
    "query", [{"oauth_problem": "token_expired"}, {"oauth_problem": ""}, {"error": "server_error"}, {"error": "canary"}]
)
def test_another_problem_is_not_the_users(query: dict[str, str]) -> None:
    read = provider().parse_callback({"oauth_token": "rt-1", **query})
    assert (read.request_id, type(read.refusal)) == ("rt-1", errors.ProviderRefused)
    assert read.refusal is not None
    assert "canary" not in read.refusal.hint
