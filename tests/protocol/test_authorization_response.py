"""The callback's query: which login it belongs to, who answers, and what an error means. RFC 6749 §4.1.2, RFC 9207."""

from __future__ import annotations

import pytest

from protocol.github import ISSUER, RETURNED, provider
from valetkey import errors


@pytest.mark.parametrize("query", [RETURNED, {**RETURNED, "scope": "x", "authuser": "0", "error_description": "x"}])
def test_a_code_is_taken_whatever_stands_beside_it(query: dict[str, str]) -> None:
    callback = provider().parse_callback(query)
    assert (callback.request_id, callback.refusal, callback.query) == ("state-1", None, query)


NONE_OF_OURS = {
    "empty": {},
    "no state": {"code": "c"},
    "an empty state": {"code": "c", "state": ""},
    "an error without state": {"error": "access_denied"},
    "neither": {"state": "s"},
    "both": {"state": "s", "code": "c", "error": "access_denied"},
    "both, and empty": {"state": "s", "code": "c", "error": ""},
    "an empty code": {"state": "s", "code": ""},
    "a code with a line end": {"state": "s", "code": "a\nb"},
    "a code that is not ASCII": {"state": "s", "code": "é"},
    "OAuth 1.0a": {"oauth_token": "t", "oauth_verifier": "v"},
}


@pytest.mark.parametrize("query", NONE_OF_OURS.values(), ids=list(NONE_OF_OURS))
def test_a_query_that_is_no_callback(query: dict[str, str]) -> None:
    with pytest.raises(errors.BadRequest) as refused:
        provider().parse_callback(query)
    assert not {value for value in query.values() if len(value) > 3} & set(refused.value.hint.split())


CANCELS: dict[str, dict[str, str]] = {
    "the standard": {"error": "access_denied"},
    "GitHub, Google, Spotify, Slack, Naver": {"error": "access_denied", "error_description": "canary"},
    "Facebook, Instagram": {"error": "access_denied", "error_reason": "user_denied", "error_code": "200"},
    "Facebook, without error": {"error_code": "200", "error_reason": "user_denied", "error_message": "canary"},
    "Facebook, in upper case": {"error_code": "200", "error_reason": "USER_DENIED"},
    "LinkedIn, at its sign-in": {"error": "user_cancelled_login"},
    "LinkedIn, at its consent page": {"error": "user_cancelled_authorize", "error_description": "canary"},
    "Apple": {"error": "user_cancelled_authorize"},
    "Microsoft": {"error": "access_denied", "error_subcode": "cancel", "error_description": "canary"},
    "Microsoft, by its subcode alone": {"error": "consent_required", "error_subcode": "cancel"},
    "LINE, in upper case": {"error": "ACCESS_DENIED"},
    "TikTok": {"error": "access_denied", "error_type": "canary", "errCode": "-2"},
    "Pipedrive, Mixcloud": {"error": "user_denied"},
    "British": {"error": "cancelled"},
    "American": {"error": "canceled"},
}


@pytest.mark.parametrize("query", CANCELS.values(), ids=list(CANCELS))
def test_cancel_in_every_spelling(query: dict[str, str]) -> None:
    callback = provider().parse_callback({"state": "s", "error_description": "canary", **query})
    assert (callback.request_id, type(callback.refusal)) == ("s", errors.Denied)


NO_CANCELS: dict[str, dict[str, str]] = {
    "Facebook, of its settings": {"error_code": "1349187", "error_message": "canary"},
    "Facebook, without a reason": {"error_code": "200"},
    "a reason beside another error": {"error": "server_error", "error_reason": "user_denied"},
    "another subcode": {"error": "consent_required", "error_subcode": "basic_action"},
    "a word in a description": {"error": "invalid_request", "error_description": "access_denied"},
    "a word within a word": {"error": "not_access_denied"},
}


@pytest.mark.parametrize("query", NO_CANCELS.values(), ids=list(NO_CANCELS))
def test_what_is_no_cancel(query: dict[str, str]) -> None:
    refusal = provider().parse_callback({"state": "s", **query}).refusal
    assert isinstance(refusal, errors.ProviderError)


def test_cancel_words_are_the_records() -> None:
    callback = provider(cancel_errors=frozenset({"no_thanks"})).parse_callback({"state": "s", "error": "no_thanks"})
    assert isinstance(callback.refusal, errors.Denied)


AUTHORIZATION_ERRORS = {
    "server_error": errors.ProviderUnavailable,
    "temporarily_unavailable": errors.ProviderUnavailable,
    "redirect_uri_mismatch": errors.CallbackNotApproved,
    "application_suspended": errors.AppNotAllowed,
    "unauthorized_client": errors.AppNotAllowed,
    "invalid_scope": errors.ProviderRefused,
    "invalid_request": errors.ProviderRefused,
    "login_required": errors.ProviderRefused,
    "interaction_required": errors.ProviderRefused,
    "consent_required": errors.ProviderRefused,
    "account_selection_required": errors.ProviderRefused,
}


@pytest.mark.parametrize("word", AUTHORIZATION_ERRORS)
def test_an_error_is_named_by_its_code(word: str) -> None:
    query = {"state": "s", "error": word, "error_description": "canary<b>", "error_uri": "https://canary.test"}
    refusal = provider().parse_callback(query).refusal
    assert type(refusal) is AUTHORIZATION_ERRORS[word]
    assert word in refusal.hint
    assert "canary" not in refusal.hint + refusal.message


@pytest.mark.parametrize("word", ["canary", "canary" * 2000, "<b>canary</b>", "canary\n", "", "access_denied "])
def test_an_error_that_is_not_known_is_not_repeated(word: str) -> None:
    refusal = provider().parse_callback({"state": "s", "error": word}).refusal
    assert type(refusal) is errors.ProviderRefused
    assert "canary" not in refusal.hint and "not known" in refusal.hint


def test_facebook_leaves_out_the_error() -> None:
    """It sends ``error_code`` and ``error_message``; a cancel has its reason."""
    query = {"state": "s", "error_code": "1349048", "error_message": "canary"}
    refusal = provider().parse_callback(query).refusal
    assert type(refusal) is errors.ProviderRefused and "canary" not in refusal.hint
    refusal = provider().parse_callback({**query, "error_reason": "user_denied"}).refusal
    assert type(refusal) is errors.Denied


WRONG_ISSUERS = ["https://github.com/login/oauth/", "https://GitHub.com/login/oauth", "http://github.com/login/oauth"]
WRONG_ISSUERS += ["https://github.com:443/login/oauth", "https://evil.test", "", " https://github.com/login/oauth"]


@pytest.mark.parametrize("iss", WRONG_ISSUERS)
@pytest.mark.parametrize("answer", [{"code": "c"}, {"error": "access_denied"}], ids=["code", "error"])
def test_another_issuer_is_refused_before_anything_is_believed(iss: str, answer: dict[str, str]) -> None:
    """RFC 9207 §2.4, by plain comparison. An issuer that is not known says nothing."""
    query = {"state": "s", **answer, "iss": iss}
    with pytest.raises(errors.BadRequest, match="iss"):
        provider(issuer=ISSUER).parse_callback(query)
    assert provider(issuer=ISSUER).parse_callback({**query, "iss": ISSUER}).request_id == "s"
    assert provider(issuer=ISSUER).parse_callback({"state": "s", **answer}).request_id == "s"
    assert provider().parse_callback(query).request_id == "s"
