"""The providers that no app can sign in with any more, by name, and what to use instead.

The error for an unknown name in ``VALETKEY_PROVIDERS`` says it, and so does docs/providers.md. A name may still be that
of an OpenID Connect server of the app's own, with ``{NAME}_ISSUER``.

A provider is here only if its own page, or a report that anyone can repeat, says that the old way of signing in has
ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retired:
    """A provider that is gone.

    Args:
        title: its name, as users know it.
        end: what has ended, and when: one sentence.
        source: the page that says so, without ``https://``.
        instead: what to use: one sentence.
    """

    title: str
    end: str
    source: str
    instead: str


def _own_record(title: str) -> str:
    return f"{title} has OAuth 2.0 now. Make it in Python, and pass it in providers=[…]."


_NOTHING = "Nothing takes its place."

RETIRED: Mapping[str, Retired] = {
    "etsy": Retired(
        "Etsy",
        "The API with OAuth 1.0 ended in April 2023.",
        "developer.etsy.com/documentation/migration",
        _own_record("Etsy"),
    ),
    "evernote": Retired(
        "Evernote",
        "The address for OAuth 1.0a answers with status 400 since July 2026, and new keys are not given out.",
        "github.com/vzhd1701/evernote-backup/issues/165",
        _NOTHING,
    ),
    "fitbit": Retired(
        "Fitbit",
        "OAuth 1.0a ended in April 2016.",
        "dev.fitbit.com/docs/oauth2",
        _own_record("Fitbit"),
    ),
    "foursquare": Retired(
        "Foursquare",
        "The app City Guide ended in December 2024. The API takes a token in the address only, which OAuth 2.0 advises "
        "against (RFC 6750 §2.3).",
        "docs.foursquare.com/developer/reference/versioning",
        _NOTHING,
    ),
    "goodreads": Retired(
        "Goodreads",
        "New keys are not given out since December 2020.",
        "goodreads.com/api/documentation",
        _NOTHING,
    ),
    "live": Retired(
        "Windows Live",
        "The Live Connect APIs ended in November 2018.",
        "learn.microsoft.com/onedrive/developer/rest-api/concepts/migrating-from-live-sdk",
        "Use microsoft, with MICROSOFT_TENANT=consumers. The ids of its users are other ones.",
    ),
    "meetup": Retired(
        "Meetup",
        "Keys and OAuth 1.0a ended in August 2019.",
        "github.com/meetuparchive/api/issues/338",
        _own_record("Meetup"),
    ),
    "openstreetmap": Retired(
        "OpenStreetMap",
        "OAuth 1.0a ended in June 2024.",
        "blog.openstreetmap.org/2024/04/17/oauth-1-0a-and-http-basic-auth-shutdown-on-openstreetmap-org",
        "It has OpenID Connect now. Set OPENSTREETMAP_ISSUER=https://www.openstreetmap.org.",
    ),
    "pocket": Retired(
        "Pocket",
        "Pocket closed in July 2025.",
        "iphoneblog.de/2025/05/23/pocket-is-saying-goodbye",
        _NOTHING,
    ),
    "vimeo": Retired(
        "Vimeo",
        "The API with OAuth 1.0a has ended.",
        "github.com/matthooks/vimeo/issues/71",
        _own_record("Vimeo"),
    ),
    "withings": Retired(
        "Withings",
        "OAuth 1.0 ended in November 2018.",
        "developer.withings.com/developer-guide/v3/integration-guide/advanced-research-api/faq",
        _own_record("Withings"),
    ),
    "xero": Retired(
        "Xero",
        "OAuth 1.0a has ended.",
        "github.com/waynerobinson/xeroizer/pull/574",
        _own_record("Xero"),
    ),
}
