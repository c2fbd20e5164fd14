"""Reads the URL of a PostgreSQL database: what libpq understands, and what other programs' URLs have.

How this works:

- ``?schema=``, ``?pgbouncer=true`` and ``postgresql+asyncpg://`` are other programs' words. Each is an error that says
  what to write instead. A value is never quoted: a URL that is read wrongly may show a part of its password.
- A character such as ``@`` or ``/`` in a password that is not percent-encoded moves the border between the parts, and
  libpq would look for a host of that name. So a URL has one ``@`` at most.
- ``search_path`` is taken out of ``options``. A pooler such as PgBouncer refuses ``options``, because its connections
  to the server are shared. Each transaction sets the search path for itself instead (``Connection.set_path``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ...crypto import Secret
from ...errors import SettingsError

# The URL may say otherwise. If the network swallows what is sent, the system gives the connection up after two seconds.
_DEFAULTS = {
    "connect_timeout": "2",
    "tcp_user_timeout": "2000",
    "keepalives_idle": "30",
    "fallback_application_name": "valetkey",
}

_SCHEMA = "for a schema of its own, write options=-csearch_path%3DNAME"
_TLS = "write sslmode=require, or sslmode=verify-full with sslrootcert"
_POOL = "leave it out; docs/postgresql.md says how many connections a process opens"
_TIME = "leave it out; each verb has a second. libpq's own is connect_timeout"
_PREPARED = "leave it out; no statement is prepared"
# Lower-case and without separators, because programs differ in these.
_FOREIGN = {
    "pgbouncer": "leave it out; PgBouncer needs no setting here",
    **dict.fromkeys(("schema", "currentschema", "searchpath"), _SCHEMA),
    **dict.fromkeys(("ssl", "sslaccept", "tls", "usessl"), _TLS),
    **dict.fromkeys(("connectionlimit", "poolsize", "maxpoolsize", "minpoolsize", "maxconnections", "pool"), _POOL),
    **dict.fromkeys(("poolmaxconns", "poolminconns", "connmaxage", "maxoverflow", "poolrecycle"), _POOL),
    **dict.fromkeys(("pooltimeout", "sockettimeout", "commandtimeout", "timeout", "connecttimeout"), _TIME),
    **dict.fromkeys(("statementtimeout", "locktimeout", "idleintransactionsessiontimeout"), _TIME),
    **dict.fromkeys(("statementcachesize", "preparedstatementcachesize", "preparethreshold", "prepare"), _PREPARED),
    **dict.fromkeys(("charset", "encoding", "unicode"), "leave it out; text is UTF-8"),
}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,40}")
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,253}[A-Za-z0-9_.])?|[0-9A-Fa-f:.]+(%[\w.-]+)?")
_CHOICES = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "target_session_attrs": ("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
}
_NUMBERS = ("connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count")

_NOT_A_URL = (
    "VALETKEY_DATABASE must be postgresql://user:password@host:port/name, and this is not a URL. What is not a letter "
    "or a digit in the password is written as in %3A."
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the database is.

    Attributes:
        conninfo: for the driver.
        search_path: the schemas in which the tables are looked for, as ``search_path`` writes them. None for the
            server's default.
        options: the names of the options that are left for the server. A pooler may refuse them.
        hosts: each of several hosts alone, in the order in which they are tried. Empty for one host, and where the
            driver has to compare them.
    """

    conninfo: Secret
    search_path: str | None = None
    options: tuple[str, ...] = ()
    hosts: tuple[Address, ...] = ()


def read_address(url: str) -> Address:
    """Read a database URL.

    Raises:
        SettingsError: this is not a URL of a PostgreSQL database, or it has a parameter that libpq does not know.
    """
    _, _, rest = url.partition("://")
    authority = re.split(r"[/?]", rest, maxsplit=1)[0]
    if "@" in rest[len(authority) :] or authority.count("@") > 1:
        raise SettingsError(
            "VALETKEY_DATABASE: a user name or password has a character that has a meaning in a URL. Percent-encode "
            "what is not a letter or a digit in them, such as %40 for @ and %2F for /."
        )
    _check_names(rest)
    try:
        parameters = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    except (psycopg.Error, ValueError):  # the latter for octets that are no UTF-8
        parameters = {}
    # Neither quoted nor chained: the driver's words quote the URL, and with it its password.
    if not parameters or not all(port.isdecimal() or not port for port in parameters.get("port", "").split(",")):
        raise SettingsError(_NOT_A_URL)
    _check_values(parameters)
    kept, search_path = _without_search_path(" ".join(_values_of("options", rest)))
    parameters.pop("options", None)
    if kept:
        parameters["options"] = " ".join(map(_escaped, kept))
    options = tuple(name for name, _ in _settings_in(kept))
    return Address(_conninfo(parameters), search_path, options, _hosts(parameters, search_path, options))


def _conninfo(parameters: dict[str, str]) -> Secret:
    return Secret(make_conninfo("", **{**_DEFAULTS, **parameters}))


def _hosts(parameters: dict[str, str], search_path: str | None, options: tuple[str, ...]) -> tuple[Address, ...]:
    """libpq: the lists have one length, except that a single port is everybody's."""
    named = [name for name in ("host", "hostaddr") if name in parameters]
    lists: dict[str, list[str]] = {name: parameters[name].split(",") for name in named}
    count = max(map(len, lists.values()), default=1)
    if count == 1 or {len(one) for one in lists.values()} != {count} or "load_balance_hosts" in parameters:
        return ()
    if parameters.get("target_session_attrs") == "prefer-standby":
        return ()
    ports = parameters.get("port", "").split(",")
    lists["port"] = ports * count if len(ports) == 1 else ports
    if len(lists["port"]) != count:
        return ()
    found = []
    for number in range(count):
        one = {**parameters, **{name: values[number] for name, values in lists.items()}}
        found.append(Address(_conninfo(one), search_path, options))
    return tuple(found)


def _pairs(rest: str) -> list[tuple[str, str]]:
    query = rest.partition("?")[2]
    return [(name, value) for name, _, value in (one.partition("=") for one in query.split("&") if one)]


def _values_of(name: str, rest: str) -> list[str]:
    """Every value of a parameter. libpq would take the last one only."""
    return [unquote(value) for one, value in _pairs(rest) if one == name]


def _check_names(rest: str) -> None:
    known = {one.keyword.decode() for one in pq.Conninfo.get_defaults()}
    faults = []
    for name, value in _pairs(rest):
        if name in known or (name, value) == ("ssl", "true"):  # libpq reads the latter as sslmode=require
            continue
        advice = _FOREIGN.get(re.sub(r"[_.-]", "", name.lower()))
        if advice is None:
            advice = "leave it out, or correct its name. The parameters are those of libpq"
        faults.append(f"{name if _NAME.fullmatch(name) else 'a parameter'}: {advice}")
    if faults:
        raise SettingsError(f"VALETKEY_DATABASE has parameters that libpq does not know. {'. '.join(faults)}.")


def _check_values(parameters: dict[str, str]) -> None:
    for name, choices in _CHOICES.items():
        if name in parameters and parameters[name] not in choices:
            raise SettingsError(f"VALETKEY_DATABASE: {name} must be one of {', '.join(choices)}.")
    for name in _NUMBERS:
        if name in parameters and not re.fullmatch(r"-?[0-9]{1,9}", parameters[name]):
            raise SettingsError(f"VALETKEY_DATABASE: {name} must be a whole number.")
    for host in parameters.get("host", "").split(","):
        if host and not host.startswith(("/", "@")) and not _HOST.fullmatch(host) and host.isascii():
            raise SettingsError(
                "VALETKEY_DATABASE: what stands in the place of the host cannot be the name of one. Percent-encode "
                "what is not a letter or a digit in the password. A socket's directory is written as ?host=/directory."
            )


def _without_search_path(options: str) -> tuple[list[str], str | None]:
    """The words of ``options`` without those that set ``search_path``, and what they set it to. The last one counts."""
    words, kept, path = _words(options), list[str](), None
    at = 0
    while at < len(words):
        size = 2 if words[at] == "-c" else 1
        setting = _setting(words[at : at + size])
        if setting is not None and setting[0] == "search_path":
            path = setting[1]
        else:
            kept += words[at : at + size]
        at += size
    return kept, path


def _settings_in(words: list[str]) -> list[tuple[str, str]]:
    found = []
    for at, word in enumerate(words):
        if at and words[at - 1] == "-c":
            continue
        found.append(_setting(words[at : at + 2] if word == "-c" else [word]) or (word.partition("=")[0], ""))
    return found


def _setting(words: list[str]) -> tuple[str, str] | None:
    """What ``-c name=value``, ``-cname=value`` or ``--name=value`` sets. None for anything else."""
    text = words[-1]
    if len(words) == 1:
        if not text.startswith(("-c", "--")):
            return None
        text = text[2:]
    name, equals, value = text.partition("=")
    return (name.replace("-", "_").lower(), value) if equals else None


def _words(options: str) -> list[str]:
    """Split as the server does: at blanks, unless a backslash stands before them."""
    return [re.sub(r"\\(.)", r"\1", one, flags=re.S) for one in re.findall(r"(?:\\.|[^\s\\])+", options, flags=re.S)]


def _escaped(word: str) -> str:
    return re.sub(r"([\s\\])", r"\\\1", word)
