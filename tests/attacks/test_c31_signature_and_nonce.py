"""C31: the provider's own verifier accepts every request, and no nonce comes twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from support.browser import Browser
from support.servers import App, Provider

LOGINS = 200
SIGNED = ("request_token", "access_token", "verify_credentials")


def test_every_request_is_accepted_and_no_nonce_repeats(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """Signed start and exchange of two hundred logins, eight at a time, at a provider that checks every signature."""
    provider.set(lenient=False)
    offset = int(person["user_id"]) * 1000

    def live(number: int) -> bool:
        profile = browser()
        begun = profile.begin()
        user = str(offset + number)
        return profile.come_back(provider.approve(begun.token, user_id=user, screen_name=f"u{number}")).status == 303

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(live, range(LOGINS)))
    signed = [entry for entry in provider.journal if entry["endpoint"] in SIGNED]
    assert len(signed) == 2 * LOGINS  # nobody asked for the profile, which X bills
    assert [entry["reason"] for entry in signed if not entry["accepted"]] == []
    nonces = {entry["nonce"] for entry in signed}
    assert len(nonces) == len(signed)
    assert all(re.fullmatch(r"[0-9a-f]{32}", nonce) for nonce in nonces)  # 128 bits


def test_a_repeat_has_a_nonce_of_its_own(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    profile = browser()
    provider.fault("request_token", "drop", times=2)
    begun = profile.begin()
    assert begun.answer.status == 200
    calls = provider.calls("request_token")
    assert len({call["nonce"] for call in calls}) == len(calls) == 3
