"""Judges what the driver says: what can never work until somebody changes something, and what may come back.

How this works:

- An error of a statement has an SQLSTATE. An error of a connection attempt has only text, because libpq keeps the code
  to itself. The text is the server's or libpq's. It is compared with phrases; one that is unknown, or is in another
  language, counts as something that may come back.
- If several hosts or addresses were tried, one that may come back is enough.
- The driver's text about a connection is never logged or quoted: it has the host and the user, and a URL that was read
  wrongly has a part of the password there. The words are ours.
"""

from __future__ import annotations

import logging
from typing import NamedTuple

import psycopg

from .address import Address
from .connections import NoLongerConnected, TookTooLong

_log = logging.getLogger("valetkey.store")


class Fault(NamedTuple):
    """What is wrong.

    Attributes:
        words: a sentence without its full stop, for the log.
        fix: what to do, if nothing works until it is done. None for what may come back.
    """

    words: str
    fix: str | None = None

    @property
    def sentence(self) -> str:
        return f"VALETKEY_DATABASE: {self.words}. {self.fix}." if self.fix else f"{self.words}."


_LOGIN = Fault(
    "the server does not accept the user or the password",
    "Correct them in the URL. What is not a letter or a digit in them is percent-encoded",
)
_NOT_LET_IN = Fault(
    "the server does not let this user in from here (pg_hba.conf)",
    "Add an entry there; or, if it asks for TLS, add sslmode=require to the URL",
)
_ROLE = Fault("the server does not let this user in", "Create the role with LOGIN, or name another user in the URL")
_NO_DATABASE = Fault(
    "the database of this name does not exist on the server", "Create it, or correct the name in the URL"
)
_NO_RIGHTS = Fault(
    "the user has no right to use the database or valetkey's tables",
    "Grant USAGE on the schema, and SELECT, INSERT, UPDATE and DELETE on its tables",
)
_READ_ONLY = Fault(
    "the database can only be read: it is a replica, or the role's transactions are read-only",
    "Name the primary, or several hosts and target_session_attrs=read-write; or change the role's "
    "default_transaction_read_only",
)
_NO_TLS = Fault("the server offers no TLS, which sslmode asks for", "Switch TLS on at the server, or change sslmode")
_CERTIFICATE = Fault(
    "the server's certificate is not accepted",
    "sslrootcert must be the file of the authority that signed it, and with sslmode=verify-full the host must be the "
    "name in it",
)
_CLIENT_FILES = Fault(
    "a certificate or key that the URL names cannot be read",
    "Correct sslrootcert, sslcert or sslkey. The user of this process must be able to read the file, and nobody else "
    "a key",
)
_SOCKET = Fault(
    "the user of this process may not use the server's socket", "Change its rights, or name a host in the URL"
)

_FULL = Fault("the server has no connection to spare (53300)")
_STARTING = Fault("the server is starting or shutting down (57P03)")
_REFUSED = Fault("nothing listens there: the connection was refused")
_SILENT = Fault("it does not answer")
_NO_NAME = Fault("the host's name cannot be resolved now")
_NOT_PRIMARY = Fault("no host of the URL is as target_session_attrs asks: there is no primary now")
_HUNG_UP = Fault("the server closed the connection")

_STATES = {
    "3D000": _NO_DATABASE,
    "42501": _NO_RIGHTS,
    "25006": _READ_ONLY,
    "53300": _FULL,
    "57P03": _STARTING,
    "57P01": _STARTING,
    "57P02": _STARTING,
    "53100": Fault("the server's disk is full (53100)"),
}

# What may come back is first: with several hosts, one such is enough.
_PHRASES = (
    ("connection refused", _REFUSED),
    ("too many clients", _FULL),
    ("too many connections", _FULL),
    ("connection slots are reserved", _FULL),
    ("no more connections allowed", _FULL),
    ("starting up", _STARTING),
    ("shutting down", _STARTING),
    ("in recovery mode", _STARTING),
    ("not yet accepting connections", _STARTING),
    ("session is read-only", _NOT_PRIMARY),
    ("session is not read-only", _NOT_PRIMARY),
    ("server is in hot standby", _NOT_PRIMARY),
    ("server is not in hot standby", _NOT_PRIMARY),
    ("failed to resolve host", _NO_NAME),
    ("could not translate host name", _NO_NAME),
    ("timeout expired", _SILENT),
    ("timed out", _SILENT),
    ("server login has been failing", _REFUSED),  # PgBouncer, whose server does not answer
    ("server down", _REFUSED),
    ("does not support ssl, but ssl was required", _NO_TLS),
    ("certificate verify failed", _CERTIFICATE),
    ("does not match host name", _CERTIFICATE),
    ("root certificate file", _CLIENT_FILES),
    ("certificate file", _CLIENT_FILES),
    ("private key file", _CLIENT_FILES),
    ("pg_hba.conf", _NOT_LET_IN),
    ("authentication failed", _LOGIN),
    ("no password supplied", _LOGIN),
    ("no such user", _LOGIN),  # PgBouncer
    ("is not permitted to log in", _ROLE),
    ("no such database", _NO_DATABASE),  # PgBouncer
    ("permission denied for", _NO_RIGHTS),
    ("permission denied", _SOCKET),
    ("server closed the connection", _HUNG_UP),
)


def judge(error: BaseException, address: Address) -> Fault:
    """Judge an error of the driver.

    Args:
        error: what was raised.
        address: of the database.
    """
    state = getattr(error, "sqlstate", None)
    if state is not None:
        if state.startswith("28"):
            return _LOGIN if state == "28P01" else _ROLE
        if state in _STATES:
            return _STATES[state]
        return Fault(f"{_primary(error)} ({state})")
    if isinstance(error, (TookTooLong, NoLongerConnected)) or (isinstance(error, TimeoutError) and not error.errno):
        return Fault(str(error) or _SILENT.words)  # our own words
    text = str(error).lower() if isinstance(error, psycopg.OperationalError) else ""
    if "unsupported startup parameter" in text:
        return _refused_parameter(text, address)
    for phrase, fault in _PHRASES:
        if phrase in text:
            return fault
    if 'role "' in text and "does not exist" in text:
        return _ROLE
    if 'database "' in text and "does not exist" in text:
        return _NO_DATABASE
    return Fault(f"no connection, for a reason that its own log may say ({type(error).__name__})")


def _refused_parameter(text: str, address: Address) -> Fault:
    if "unsupported startup parameter: options" in text or "in options" in text:
        named = ", ".join(address.options)
        return Fault(
            "the pooler accepts no options, and VALETKEY_DATABASE has some",
            f"Leave these out of options: {named}. (search_path may stay.) Or set them for the role, or let PgBouncer "
            "ignore them: ignore_startup_parameters = options",
        )
    return Fault(
        "the pooler does not accept a parameter of VALETKEY_DATABASE",
        "Leave out all but sslmode and application_name, or let PgBouncer ignore it: ignore_startup_parameters",
    )


def _primary(error: BaseException) -> str:
    """The first line of what the server says about a statement. The detail that follows it quotes values."""
    diagnosis = getattr(error, "diag", None)
    return getattr(diagnosis, "message_primary", None) or type(error).__name__


def report(fault: Fault) -> None:
    """Log what is wrong, for the operator of the database."""
    _log.warning("the database did not do its part: %s", fault.sentence)
