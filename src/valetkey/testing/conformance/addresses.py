"""Are the record's addresses the provider's, and are they asked as the provider takes it?

At the sandbox a record has other hosts than its own. So a wrong host would pass every other check, and what an
``OpenIDRecord`` writes down is not even used there. Here the record as it is written down is compared with the
sandbox's table, which was written from the provider's pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ...protocols.oauth1 import OAuth1
from ...providers.record.provider import Provider
from ..sandbox.oauth1 import X1, OAuth1Provider
from ..sandbox.personas import X
from ..sandbox.played import class_of
from .candidate import Candidate
from .check import Check, Note

_OF_THE_PROTOCOL = {
    "request_token_url": "request_token",
    "authorize_url": "authorize",
    "access_token_url": "access_token",
    "token_url": "token",
}
_OF_THE_METADATA = {"keys_url": "keys", "userinfo_url": "userinfo"}
_UNKNOWN = Note("The sandbox has no table of this provider's addresses, so they could not be compared.")


def are_the_providers(candidate: Candidate) -> Iterator[str]:
    """The record, at the addresses that it has for real."""
    front, record = _front_of(candidate.played), candidate.written
    if front is None or record is None:
        yield _UNKNOWN
        return
    table = _table_of(front)
    if not table:
        yield _UNKNOWN
    yield from _other_ways(record, front)
    for argument, (use, url) in _used(record).items():
        known = table.get(use, ())
        if known and not any(_is_same(url, one) for one in known):
            yield f"{argument} is {url}, and {candidate.record.title} has {' or '.join(known)}."


def _front_of(played: str) -> Any:
    """The front's class, if it is one of the sandbox's own."""
    try:
        return X1 if played == X else class_of(played)
    except ValueError:
        return None


def _other_ways(record: Provider, front: Any) -> Iterator[str]:
    """What is asked in another way than the provider takes."""
    protocol, title = record.protocol, record.title
    if record.profile_url is not None and record.profile_method not in front.profile_methods:
        yield f"profile_method is {record.profile_method}, and {title} takes {' or '.join(front.profile_methods)}."
    if not isinstance(protocol, OAuth1) or not issubclass(front, OAuth1Provider):
        return
    for argument, taken in (
        ("request_method", front.request_methods),
        ("access_method", front.access_methods),
        ("signature_method", front.signature_methods),
        ("parameters_in", front.places),
    ):
        value = getattr(protocol, argument)
        if value not in taken:
            yield f"{argument} is {value}, and {title} takes {' or '.join(taken)}."


def _table_of(front: Any) -> dict[str, tuple[str, ...]]:
    """The addresses by their use. The page to which users are sent may have several."""
    table: dict[str, tuple[str, ...]] = {use: (url,) for use, url in front.addresses().items() if url}
    if "authorize" in table:
        table["authorize"] += tuple(getattr(front, "more_authorize_urls", ()))
    # OpenID's endpoint may be read as a profile.
    return {"profile": table["userinfo"], **table} if "userinfo" in table else table


def _used(record: Provider) -> Mapping[str, tuple[str, str]]:
    """What the record asks: by its argument, the use and the address."""
    protocol: Any = record.protocol
    metadata: Any = getattr(protocol, "metadata", None)
    found = {argument: (use, getattr(protocol, argument, None)) for argument, use in _OF_THE_PROTOCOL.items()}
    if metadata is not None:
        found |= {argument: (use, getattr(metadata, argument)) for argument, use in _OF_THE_METADATA.items()}
        found |= {"token_url": ("token", metadata.token_url), "issuer": ("issuer", metadata.issuer)}
    found |= {"profile_url": ("profile", record.profile_url), "email_url": ("emails", record.email_url)}
    return {argument: (use, url) for argument, (use, url) in found.items() if url is not None}


def _is_same(url: str, known: str) -> bool:
    """Whether an address is the one of the table. It may say more in its query. Where each app names the server, the
    table has paths alone."""
    ours, theirs = urlsplit(url), urlsplit(known)
    at = (ours.scheme, ours.netloc) if theirs.netloc else ("", "")
    return (*at, ours.path) == (theirs.scheme, theirs.netloc, theirs.path) and (
        set(parse_qsl(theirs.query)) <= set(parse_qsl(ours.query))
    )


CHECKS = (
    Check("the addresses are the provider's", are_the_providers, "the addresses and the methods", needs_login=False),
)
