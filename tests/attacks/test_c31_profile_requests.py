"""C31, where the app reads the profile: that request too is signed as the provider wants it, with its own nonce."""

from __future__ import annotations

from collections.abc import Callable

from support.browser import Answer, Browser
from support.fixtures import profile_world  # noqa: F401  # fixture
from support.servers import Provider


def test_every_request_is_accepted_and_no_nonce_repeats(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str], sign_in: Callable[..., Answer]
) -> None:
    sign_in(browser(), **person)
    signed = provider.journal
    asked = [entry["endpoint"] for entry in signed]
    assert [one for one in asked if one in ("request_token", "access_token", "verify_credentials")] == asked
    assert len(asked) == 3
    assert [entry["reason"] for entry in signed if not entry["accepted"]] == []
    assert len({entry["nonce"] for entry in signed}) == 3
