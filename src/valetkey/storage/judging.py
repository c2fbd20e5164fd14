"""What both stores note and judge alike, whatever their rows look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeVar

from ..errors import LastIdentity, NotLinked, WhichIdentity

AUDIT_SECONDS = 90 * 86400.0

Event = Literal[
    "signed_up",
    "signed_in",
    "sign_in_refused",
    "session_replaced",
    "session_revoked",
    "sessions_revoked",
    "identity_linked",
    "identity_unlinked",
    "account_disabled",
    "account_enabled",
    "account_deleted",
]

Subject = TypeVar("Subject", str, bytes)


def identity_meant(
    identities: Sequence[tuple[str, Subject]], provider: str, subject: Subject | None
) -> tuple[str, Subject]:
    """Which of an account's identities is to be untied.

    Raises:
        NotLinked, WhichIdentity, LastIdentity
    """
    meant = [one for one in identities if one[0] == provider and subject in (None, one[1])]
    if not meant:
        raise NotLinked
    if len(meant) > 1:
        raise WhichIdentity
    if len(identities) == 1:
        raise LastIdentity
    return meant[0]
