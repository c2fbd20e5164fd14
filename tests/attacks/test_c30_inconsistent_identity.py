"""C30: an id that is missing in the profile, or another than in the exchange, signs nobody in."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from support.browser import Answer, Browser
from support.fixtures import profile_world  # noqa: F401  # fixture
from support.servers import App, Provider


@pytest.mark.parametrize("told", ["0", "1", " ", "{}0", "0{}"])
def test_in_the_profile(
    app: App,
    provider: Provider,
    browser: Callable[[], Browser],
    person: dict[str, str],
    sign_in: Callable[..., Answer],
    told: str,
) -> None:
    """The profile is another's: nothing of either is believed."""
    told = told.format(person["user_id"])
    before = app.all_rows()
    profile = browser()
    begun = profile.begin()
    reply = {"id_str": told, "screen_name": person["screen_name"], "name": "Somebody"}
    provider.fault("verify_credentials", "status", status=200, body=json.dumps(reply), content_type="application/json")
    assert profile.come_back(provider.approve(begun.token, **person)).code == "provider_reply_invalid"
    assert profile.account() is None
    assert {**app.all_rows(), "login_claims": 0} == {**before, "login_claims": 0}
    sign_in(profile, **person)


NAMES_NOBODY = {
    "empty": {"id_str": "", "name": "Somebody"},
    "null": {"id_str": None, "name": "Somebody"},
    "a number": {"id_str": 1, "name": "Somebody"},
    "absent": {"name": "Somebody", "screen_name": "somebody"},
    "errors": {"errors": [{"code": 453, "message": "Not for you."}]},
}


@pytest.mark.parametrize("reply", NAMES_NOBODY.values(), ids=list(NAMES_NOBODY))
def test_a_profile_that_names_nobody_is_not_used(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str], reply: dict[str, object]
) -> None:
    """It only adds a name: the login lands, and nothing of the profile is in the rows. Beside it, a usable one is."""
    profile = browser()
    begun = profile.begin()
    provider.fault("verify_credentials", "status", status=200, body=json.dumps(reply), content_type="application/json")
    assert profile.come_back(provider.approve(begun.token, **person)).status == 303
    assert len(provider.calls("verify_credentials")) == 1
    of_this_person = "SELECT subject, handle, name FROM identities WHERE subject = ?"
    assert app.query(of_this_person, person["user_id"]) == [(person["user_id"], person["screen_name"], None)]
    again = browser()
    begun = again.begin()
    assert again.come_back(provider.approve(begun.token, **person)).status == 303
    assert app.query(of_this_person, person["user_id"])[0][2] is not None


@pytest.mark.parametrize("status", [401, 402, 403, 429, 500, 503])
def test_a_profile_that_is_refused_does_not_matter(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str], status: int
) -> None:
    profile = browser()
    begun = profile.begin()
    provider.fault("verify_credentials", "status", status=status, body='{"errors":[{"code":453}]}')
    profile.come_back(provider.approve(begun.token, **person))
    assert profile.account()["identities"][0]["handle"] == person["screen_name"]
