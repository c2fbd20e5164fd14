"""The modules of the OpenID Foundation's suite for relying parties, and what this client must do (``conformance``).

A run says how many hold: "conformance 52/52 modules".
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.hostile import Hostile
from support.in_process import InProcess
from support.with_p import NewApp, empty_database, new_app, p, running_p, signs_in, variables  # noqa: F401  # fixtures

from .conformance import ASKED_ELSEWHERE, MODULES, NOT_OFFERED

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("module", MODULES)
def test_module(
    new_app: NewApp,
    p: Hostile,
    record_property: Callable[[str, object], None],
    module: str,
) -> None:
    record_property("conformance", module)

    def new() -> InProcess:
        return new_app(VALETKEY_PROVIDERS="acme", **variables(p))

    MODULES[module](new, p)


def test_what_is_not_offered(new_app: NewApp, p: Hostile) -> None:
    """No refresh token is asked for or used, and there is no address for a provider's logout."""
    p.token_fields = {"refresh_token": "1//refresh"}
    app = new_app(VALETKEY_PROVIDERS="acme", **variables(p))
    profile = signs_in(app, p)
    assert profile.sign_out().status == 204
    assert "offline_access" not in p.grants[-1].start["scope"]
    assert {one.field("grant_type") for one in p.calls("token")} == {"authorization_code"}
    for path in ("logout", "backchannel-logout", "frontchannel-logout", "acme/logout"):
        answer = app.browser().post_back(f"/auth/{path}", [("logout_token", "a.b.c")])
        assert answer.status in (403, 404, 405), path  # a form of the provider's
        assert app.browser().submit(f"/auth/{path}", {"logout_token": "a.b.c"}).status in (404, 405), path  # and ours
    assert set(NOT_OFFERED).isdisjoint(MODULES)


def test_what_no_suite_asks() -> None:
    assert [file for file in ASKED_ELSEWHERE.values() if not (ROOT / file).is_file()] == []
