"""Reads the file of an app's own provider, and makes a candidate of its record.

How this works. The file is run. What it has is a ``Provider``, a record such as ``OAuth2Record``, or a function that
makes a ``Provider``; it is called with keys of the sandbox. Then every address is moved to the sandbox: to the front of
this provider, if the sandbox plays it, or else to one that is derived from the record (``generic``). For that, the file
has an example of the provider's reply.

    EXAMPLE           the reply that says who the user is: the profile, or what comes with the exchange
    EXAMPLE_PROFILE   the profile, where it only adds to what the exchange says
    EXAMPLE_EMAILS    the reply at email_url, where there is one
    IDS_ARE_GLOBAL    True: ids are unique across the tenants that the example names
"""

from __future__ import annotations

import inspect
import runpy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

from ...crypto import Secret
from ...errors import SettingsError
from ...protocols.oauth1 import OAuth1
from ...protocols.openid import OpenIDConnect
from ...providers.record.declared import Declared
from ...providers.record.fields import Fields, at, number
from ...providers.record.provider import Provider
from ...settings import Settings
from ..control import Control
from ..sandbox.oauth1 import app_key
from ..sandbox.oauth2 import OAuth2Front
from ..sandbox.openid import OpenIDFront
from ..sandbox.played import FrontClass, class_of
from ..sandboxes import APP, running_sandbox
from .candidate import Candidate
from .generic import Examples, front_for
from .moving import Place, keys_of, moved, place_of
from .watching import Replies, leaves_of, shown

_PUBLIC = "https://app.example.com"
_SOMEWHERE = "https://server.example.com"
_SECRET = Secret("sandbox-own-secret-of-at-least-32-octets")


class Unusable(Exception):
    """The file, or its record, cannot be played. The text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A record of an app's own.

    Args:
        file: where it was read.
        record: with its real addresses.
        members: of the file.
    """

    file: File
    record: Provider
    members: Mapping[str, Any]


def read(file: File, name: str | None = None) -> Own:
    """Read a file.

    Args:
        file: in Python.
        name: of what makes the provider, if the file has several.

    Raises:
        Unusable: the file cannot be run, or has no provider, or the record cannot work.
    """
    try:
        members = runpy.run_path(str(file))
    except SettingsError as fault:
        raise Unusable(fault.hint) from None
    except (Exception, SystemExit) as fault:  # a file that ends the process must not count as one that passed
        raise Unusable(f"{file} cannot be run: {type(fault).__name__}: {fault}") from None
    record = _made(file, _maker(file, members, name))
    try:  # as an app would, which is public
        Settings(url=_PUBLIC, secrets=(Secret("x" * 32),), providers=(record,))
    except SettingsError as fault:
        raise Unusable(fault.hint) from None
    return Own(file=file, record=record, members=members)


@contextmanager
def candidate_of(own: Own) -> Iterator[Candidate]:
    """Run a sandbox for a record, and make a candidate of it.

    Raises:
        Unusable: an example is missing, or the record does not read it.
    """
    front = _known_front(own) or _derived_front(own)
    with running_sandbox(front) if front.name.startswith("own") else running_sandbox() as sandbox:
        base = f"{sandbox.origin}{front.path}"
        if front.name.startswith("own"):
            place = Place(base, base, *keys_of(front))
        else:
            place = place_of(front.name, base, sandbox.environment_for(front.name))
        record = moved(own.record, place)
        variables = {**sandbox.environment, "VALETKEY_URL": APP, "TWITTER_CALLBACK_URL": ""}
        variables |= {name: "" for name in variables if name.startswith(("TWITTER_", "VALETKEY_TWITTER_"))}
        settings = Settings.from_environment(variables, providers=(record,))
        candidate = Candidate(front.name, settings, Control(sandbox.origin), label=record.name, written=own.record)
        try:
            yield candidate
        finally:
            candidate.close()


def _maker(file: File, members: Mapping[str, Any], name: str | None) -> Any:
    here = members.get("__name__")
    found = {
        one: value
        for one, value in members.items()
        if isinstance(value, Provider | Declared)
        or (inspect.isfunction(value) and value.__module__ == here and _makes_provider(value))
    }
    if name is not None:
        if name not in members:
            raise Unusable(f"{file} has no {name}.")
        return members[name]
    if file.stem in found:
        return found[file.stem]
    if len(found) != 1:
        listed = ", ".join(found) or "none"
        raise Unusable(
            f"{file} must have one Provider, one record, or one function that says that it returns a Provider. It has: "
            f"{listed}. Name the one that is meant: {file}:NAME."
        )
    return next(iter(found.values()))


def _makes_provider(function: Callable[..., Any]) -> bool:
    returned = function.__annotations__.get("return")
    return returned is Provider or (isinstance(returned, str) and returned.rpartition(".")[2] == "Provider")


def _made(file: File, maker: Any) -> Provider:
    if isinstance(maker, Provider):
        return maker
    arguments: dict[str, Any] = {}
    for name, parameter in inspect.signature(maker).parameters.items():
        is_needed = parameter.default is parameter.empty
        if "private_key" in name and is_needed:
            arguments[name] = Secret(app_key.in_pem())
        elif "secret" in name:
            arguments[name] = _SECRET
        elif is_needed and any(word in name for word in ("base", "site", "server", "issuer", "url", "host", "origin")):
            arguments[name] = _SOMEWHERE
        elif is_needed and any(word in name for word in ("id", "key", "name")):
            arguments[name] = "sandbox-own"
        elif is_needed:
            raise Unusable(f"{file}: {name} has no default. Give it one, so that the record can be made here.")
    if isinstance(maker, Declared):
        needs = "issuer" if getattr(maker, "metadata", maker) is None else "base" if maker.names_server else None
        arguments |= {needs: _SOMEWHERE} if needs else {}
    try:
        record = maker(**arguments)
    except SettingsError as fault:
        raise Unusable(fault.hint) from None
    except (Exception, SystemExit) as fault:
        raise Unusable(f"{file}: the record cannot be made: {type(fault).__name__}: {fault}") from None
    if not isinstance(record, Provider):
        raise Unusable(f"{file}: that is no Provider but {type(record).__name__}.")
    return record


def _known_front(own: Own) -> FrontClass | None:
    """The sandbox's own front of this provider, if it speaks the same protocol, and the file has no example."""
    if "EXAMPLE" in own.members:
        return None
    try:
        found = class_of(own.record.name)
    except ValueError:
        return None
    protocol = own.record.protocol
    kind = isinstance(found, type) and (issubclass(found, OAuth2Front), issubclass(found, OpenIDFront))
    wanted = (not isinstance(protocol, OAuth1), isinstance(protocol, OpenIDConnect))
    return found if kind == wanted else None


def _derived_front(own: Own) -> FrontClass:
    record, example = own.record, own.members.get("EXAMPLE")
    reads_profile = record.identity_from == "profile"
    if example is None and not isinstance(record.protocol, OpenIDConnect):
        where = record.profile_url if reads_profile else "the exchange (what comes with the access token)"
        raise Unusable(
            f"The sandbox does not know {record.title}, and {own.file} has no EXAMPLE. Write down the reply of "
            f'{where}, as the provider documents it: EXAMPLE = {{"id": "…", …}}. The sandbox makes its users of it.'
        )
    replies = {"describe" if reads_profile else "identify": example} if example is not None else {}
    if replies and Replies(record, replies).profile() is None:
        raise Unusable(f"{own.file}: the record finds no usable subject in EXAMPLE. {_why(record, replies)}".rstrip())
    emails = own.members.get("EXAMPLE_EMAILS")
    if record.email_url is not None and emails is None:
        raise Unusable(f"{own.file} has no EXAMPLE_EMAILS. Write down the reply of {record.email_url}.")
    examples = Examples(
        exchange=None if reads_profile else example,
        profile=example if reads_profile else own.members.get("EXAMPLE_PROFILE"),
        emails=emails,
        ids=frozenset(Replies(record, replies).subject_paths()) if replies else frozenset(),
        global_ids=bool(own.members.get("IDS_ARE_GLOBAL")),
    )
    try:
        return front_for(record, examples, f"own{record.name}")
    except ValueError as fault:
        raise Unusable(str(fault)) from None


def _why(record: Provider, replies: Mapping[str, Any]) -> str:
    for name, reply in replies.items():
        read = getattr(record, name)
        said = _of_the_path(read, reply) if isinstance(read, Fields) else ""
        if said:
            return said
        try:
            read(reply)
        except Exception as fault:
            return f"{name} raised {type(fault).__name__}: {fault}"
    return ""


def _of_the_path(fields: Fields, reply: Any) -> str:
    """What is wrong where the subject should be."""
    found = at(reply, fields.subject)
    if found is None:
        there = ", ".join(shown(path) for path, _ in leaves_of(reply))
        return f"There is no `{fields.subject}`. It has {there or 'nothing'}."
    if type(found) is int and fields.id is not number:
        return f"`{fields.subject}` is a JSON number, which id=number reads."
    if isinstance(found, str) and fields.id is number:
        return f"`{fields.subject}` is a text, which id=text reads, or id=decimal if it has digits alone."
    return ""
