"""A provider whose flag says nothing that counts verifies no address, whatever its replies say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from valetkey.models import Identity
from valetkey.providers.record.built_in import RECIPES
from valetkey.testing import Sandbox, running_sandbox
from valetkey.testing.conformance.built_in import candidate_of

FLAGS = ("email_verified", "verified", "verified_email", "verified_account", "is_email_verified")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as one:
        yield one


def flagged(name: str, sandbox: Sandbox) -> Identity:
    """Of a user whose provider says by each of these flags that the address is verified."""
    with closing(candidate_of(name, sandbox)) as candidate, candidate.altering(set=[[[flag], True] for flag in FLAGS]):
        identity = candidate.signs_in().outcome.identity
    assert identity is not None
    return identity


def test_no_flag_counts_where_the_record_says_so(sandbox: Sandbox) -> None:
    """Zoom's is about the account. An authentik before 2025.10 calls every address verified, and nobody has verified
    one."""
    silent = []
    for name in RECIPES:
        with closing(candidate_of(name, sandbox)) as candidate:
            if not candidate.record.verifies_email:
                silent.append(name)
    assert {"line", "authentik", "paypal", "spotify", "wordpress"} <= set(silent)
    found = {name: flagged(name, sandbox) for name in silent}
    assert [name for name, one in found.items() if one.email_verified] == []
    assert {name for name, one in found.items() if one.email} >= {"line", "authentik", "paypal"}


def test_it_counts_elsewhere(sandbox: Sandbox) -> None:
    assert flagged("keycloak", sandbox).email_verified
