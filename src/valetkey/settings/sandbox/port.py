"""Finds the sandbox on this machine, and holds on to it.

How this works. The sandbox is a process of its own. A process that uses it asks for a lease, and keeps that connection
open as long as it lives. The operating system closes the connection of a process that ends, in whichever way. A sandbox
that was started for an app ends some seconds after its last lease.

The answer to the request for a lease also proves that it is the sandbox. It has a digest of a number that the request
has drawn. Another server cannot repeat it by accident, so that no app ever sends its users to one.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import socket
from collections.abc import Iterable
from enum import Enum, auto

DEFAULT_PORT = 8001
_LAST_PORT = 8020
_CONNECT_SECONDS = 1.0
_MAX_HEAD_BYTES = 4096
_DIGEST = re.compile(rb"\r\nx-sandbox-lease: *([0-9a-f]{64})\r\n", re.IGNORECASE)


class Found(Enum):
    """What is at a port."""

    NOTHING = auto()
    SANDBOX = auto()
    ANOTHER = auto()


def look_at(port: int, *, seconds: float = 2.0) -> tuple[Found, socket.socket | None]:
    """Ask for a lease.

    Args:
        port: of this machine.
        seconds: how long an answer may take.

    Returns:
        What is there, and the lease if it is the sandbox. It ends when the socket is closed.
    """
    # A sandbox that ends while it is asked hangs up, too. By then nobody listens there, which a second look finds.
    return _ask(port, seconds) or _ask(port, seconds) or (Found.ANOTHER, None)


def _ask(port: int, seconds: float) -> tuple[Found, socket.socket | None] | None:
    """As ``look_at``. None: it hung up without a word."""
    nonce = secrets.token_hex(16)
    try:
        connection = socket.create_connection(("127.0.0.1", port), _CONNECT_SECONDS)
    except ConnectionRefusedError:
        return Found.NOTHING, None
    except ConnectionResetError:  # it closed its port between the steps of connecting
        return None
    except OSError:
        return Found.ANOTHER, None
    try:
        connection.settimeout(seconds)
        connection.sendall(
            f"GET /__sandbox__/lease?nonce={nonce} HTTP/1.1\r\nHost: localhost:{port}\r\n"
            "X-Sandbox-Control: 1\r\n\r\n".encode()
        )
        head = _head(connection)
    except TimeoutError:
        connection.close()
        return Found.ANOTHER, None
    except OSError:
        head = b""
    expected = hashlib.sha256(f"valetkey sandbox {nonce}".encode()).hexdigest().encode()
    found = _DIGEST.search(head)
    if found is not None and found[1].lower() == expected:
        connection.setblocking(False)
        return Found.SANDBOX, connection
    connection.close()
    return (Found.ANOTHER, None) if head else None


def _head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _MAX_HEAD_BYTES:
        received = connection.recv(_MAX_HEAD_BYTES)
        if not received:
            break
        head += received
    return head


def is_open(lease: socket.socket) -> bool:
    """Whether the sandbox that gave a lease still runs. It does not wait."""
    try:
        return lease.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def choose(taken: Iterable[int | None]) -> int:
    """The port of the sandbox: the first from 8001 on that is the sandbox's already, or nobody's.

    Every process of an app must choose the same one, so the choice depends on nothing else.

    Args:
        taken: the ports of the app itself, which may not listen yet.

    Raises:
        ValueError: there is none.
    """
    avoided = set(taken)
    for port in range(DEFAULT_PORT, _LAST_PORT + 1):
        if port in avoided:
            continue
        found, lease = look_at(port)
        if lease is not None:
            lease.close()
        if found is not Found.ANOTHER:
            return port
    raise ValueError("no port is free")
