"""Faults on demand: what a bad provider or network can do to a client, instead of or during a correct answer."""

from __future__ import annotations

import asyncio
import base64
import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import cache
from typing import Any

from .messages import Request, Response, Silence, StreamingResponse

# These faults do the work first, so that the client cannot know whether it was done.
AFTER_THE_WORK = frozenset({"commit_then_drop", "replace"})
KINDS = AFTER_THE_WORK | {
    "body", "delay", "drip", "drop", "gzip_bomb", "hang", "huge", "redirect", "status",
}  # fmt: skip


async def instead_of(fault: dict[str, Any], request: Request, over: asyncio.Event) -> Response | None:
    """Apply a fault before the work is done.

    Args:
        fault: which one.
        request: that it is applied to.
        over: is set when all faults are cleared, which ends a delay.

    Returns:
        The answer to send instead of doing the work. None if the work is to be done.
    """
    kind = fault["kind"]
    headers = {**fault.get("headers", {}), "content-type": fault.get("content_type", "text/html;charset=utf-8")}
    if kind == "delay":
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), float(fault.get("seconds", 1)))
        return None
    if kind == "hang":
        await asyncio.sleep(float(fault.get("seconds", 60)))
        return await drop(request)
    if kind == "drop":
        return await drop(request)
    if kind == "status":
        return Response(fault.get("body", ""), int(fault["status"]), headers)
    if kind == "body":
        given = fault.get("body_base64")
        return Response(base64.b64decode(given) if given is not None else fault.get("body", ""), 200, headers)
    if kind == "redirect":
        return Response("", int(fault.get("status", 302)), {**headers, "location": fault["location"]})
    if kind == "drip":
        body = str(fault.get("body", "oauth_token=" + "x" * 600)).encode()
        return StreamingResponse(_drip(body), 200, {**headers, "content-length": str(len(body))})
    if kind == "huge":
        return StreamingResponse(_huge(), 200, {**headers, "content-length": str(1 << 30)})
    if kind == "gzip_bomb":
        return Response(_bomb(), 200, {**headers, "content-encoding": "gzip"})
    return None


def edited(fault: dict[str, Any], given: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Change the fields of a successful answer: ``set``, ``remove`` or ``duplicate`` them."""
    fields = dict(given) | fault.get("set", {})
    kept = [(name, value) for name, value in fields.items() if name not in fault.get("remove", ())]
    return kept + [(name, fields[name]) for name in fault.get("duplicate", ())]


async def drop(request: Request) -> Response:
    """Close the connection without an answer."""
    request.abort()
    await asyncio.sleep(0)
    return Silence()


async def _drip(body: bytes) -> AsyncIterator[bytes]:
    for octet in body:
        yield bytes([octet])
        await asyncio.sleep(1)


async def _huge() -> AsyncIterator[bytes]:
    chunk = b"oauth_token=" + b"x" * (1 << 16)
    for _ in range((1 << 30) // len(chunk)):
        yield chunk
        await asyncio.sleep(0)


@cache
def _bomb() -> bytes:
    """Zeros, packed as gzip (RFC 1952). One piece is packed and repeated: to pack them all takes so long that a client
    on a busy machine gives up before the answer begins."""
    pieces, piece = 100, bytes(1 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)  # after which nothing refers to what was before
    checksum = 0
    for _ in range(pieces):
        checksum = zlib.crc32(piece, checksum)
    head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    return head + packed * pieces + packer.flush() + struct.pack("<LL", checksum, pieces * len(piece))
