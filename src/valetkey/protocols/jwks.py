"""An issuer's keys. RFC 7517."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import ProviderReplyInvalid
from .http import HttpResponse


class UnknownKey(ProviderReplyInvalid):
    """A token names a key that the set does not have. The issuer may have rotated its keys."""

    hint = "The ID token is signed with a key that the issuer does not publish."


@dataclass(frozen=True, slots=True)
class KeySet:
    """The usable keys of one issuer.

    Args:
        members: the set's JSON Web Keys, as they were sent.
    """

    members: tuple[Mapping[str, object], ...] = field(repr=False)


def read_keys(response: HttpResponse) -> KeySet:
    """Read an issuer's JSON Web Key Set. RFC 7517 §5.

    Raises:
        ProviderError: refused, unavailable, no key set, or one without a usable key.
    """
    raise NotImplementedError
