"""A proxy that leads a browser's https connections to servers of the tests, whatever their hosts are called.

Chromium can be given rules for that; a proxy (CONNECT, RFC 9110 §9.3.6) works in every browser.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from .two_sites import pump


@contextmanager
def tunnels(ports: Mapping[str, int]) -> Iterator[int]:
    """The proxy's port. ``ports`` has the port of this machine for each ``host:443``; it leads nowhere else."""
    over = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    listening.settimeout(0.1)

    def accept() -> None:
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                client, _ = listening.accept()
                threading.Thread(target=_serve, args=(client, ports), daemon=True).start()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        over.set()
        thread.join(5)
        listening.close()


def _serve(client: socket.socket, ports: Mapping[str, int]) -> None:
    with contextlib.suppress(OSError), client:
        client.settimeout(60)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            if not (octet := client.recv(1)):  # one at a time: what follows the head is TLS
                return
            head += octet
        port = ports.get(head.split(b" ")[1].decode())
        if not head.startswith(b"CONNECT ") or port is None:
            client.sendall(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", port), 60) as server:
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=pump, args=(server, client), daemon=True)
            back.start()
            pump(client, server)
            back.join(60)
