"""Reads the reply to a profile request, in the format that the provider's record names."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from ...errors import ProviderReplyInvalid
from ..base import ClientIdentity
from ..http import HttpResponse, Stamp
from ..json_reply import read_json
from ..refusals import refusal
from ..replies import unusable
from .jwt import Expected, read_token

ProfileFormat = Literal["json", "xml", "jwt"]
"""``"json"``: an object. ``"xml"``: see ``xml``. ``"jwt"``: a token that the consumer secret has signed, and
that repeats the nonce of the request; see ``jwt``."""


def read_profile(
    response: HttpResponse, profile_format: ProfileFormat, *, url: str, credentials: ClientIdentity, stamp: Stamp
) -> dict[str, object]:
    """Read a profile.

    Args:
        response: the reply.
        profile_format: how it is written.
        url: the address that was requested.
        credentials: the app's keys.
        stamp: time and nonce of the very request that was answered.

    Raises:
        ProviderError, SuspendedAtProvider: refused, unavailable, or not a profile in this format with one reading.
    """
    if profile_format == "json":
        return read_json(response, step="profile")
    if response.status != 200:
        raise refusal(response, step="profile")
    if profile_format == "xml":
        from .xml import parse_xml  # hardly any app needs it

        try:
            return parse_xml(response.body)
        except ValueError:
            raise unusable(response, "profile", "XML in UTF-8 without a document type") from None
    if credentials.secret is None:  # Provider was checked when it was created
        raise ProviderReplyInvalid("The profile's token cannot be verified without a consumer secret.")
    parts = urlsplit(url)
    expected = Expected(
        secret=credentials.secret,
        audience=credentials.identifier,
        issuer=f"{parts.scheme}://{parts.netloc}",
        stamp=stamp,
    )
    return read_token(response.body, expected)
