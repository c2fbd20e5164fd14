"""Random values, drawn from the operating system in larger pieces.

How this works. Asking the operating system passes Python's lock to another thread, and taking it back costs more than
the bytes do. A login needs half a dozen values: ids, nonces, a lease's owner. So a process asks for many bytes at once,
and hands each of them out once.

After a fork the child has a copy of the bytes that its parent will hand out, so it starts with bytes of its own. A copy
of a whole running machine is not noticed here. Where a repeated value would be fatal and not just an error, which is
the nonce of AES-GCM, ``crypto.keys`` asks the operating system itself.
"""

from __future__ import annotations

import os
import threading
from base64 import urlsafe_b64encode

_BYTES = 1024


class _Source:
    """The bytes of one process."""

    __slots__ = ("_bytes", "_lock", "_used", "pid")

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._lock = threading.Lock()
        self._bytes = b""
        self._used = 0

    def take(self, count: int) -> bytes:
        with self._lock:
            start = self._used
            if start + count > len(self._bytes):
                self._bytes, start = os.urandom(max(_BYTES, count)), 0
            self._used = start + count
            return self._bytes[start : self._used]


_source = _Source()


def random_bytes(count: int) -> bytes:
    """Return so many random bytes."""
    global _source
    source = _source
    if source.pid != os.getpid():
        source = _source = _Source()
    return source.take(count)


def random_id() -> str:
    """Return 22 random characters of base64url (RFC 4648 §5), which have 128 bits."""
    return urlsafe_b64encode(random_bytes(16))[:22].decode("ascii")


def random_hex() -> str:
    """Return 32 random hexadecimal digits, which have 128 bits."""
    return random_bytes(16).hex()
