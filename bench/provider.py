"""The one provider of the bench: OAuth 1.0a and OpenID Connect, for every program. It grants everything.

It runs on the core of the load generator, and its CPU time is not counted. It keeps nothing: the user's number is in
the verifier (``v7``), and a code of OpenID Connect is that number with the nonce behind it (``v7.NONCE``).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import sys
import time
from base64 import urlsafe_b64encode

import uvloop
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

VERIFIER = re.compile(rb'oauth_verifier(?:="|=)v(\d+)')
TOKEN = re.compile(rb'oauth_token(?:="|=)(\d+)-')
CODE = re.compile(rb"(?:^|&)code=v(\d+)\.([\w-]+)")
FORM, JSON = b"application/x-www-form-urlencoded", b"application/json"
KEY = rsa.generate_private_key(65537, 2048)
counted = itertools.count(1)


def base64url(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


HEAD = base64url(json.dumps({"alg": "RS256", "kid": "one", "typ": "JWT"}).encode())


def id_token(origin: str, user: str, nonce: str) -> str:
    now = int(time.time())
    claims = {
        "iss": origin, "aud": "ck", "sub": user, "iat": now, "exp": now + 300, "nonce": nonce, "name": f"User {user}",
        "preferred_username": f"user{user}", "email": f"user{user}@example.com", "email_verified": True,
    }  # fmt: skip
    text = f"{HEAD}.{base64url(json.dumps(claims).encode())}"
    return f"{text}.{base64url(KEY.sign(text.encode(), padding.PKCS1v15(), SHA256()))}"


def found(pattern: re.Pattern[bytes], text: bytes) -> tuple[str, ...]:
    match = pattern.search(text)
    if match is None:
        sys.exit(f"provider: a request without {pattern.pattern!r}: {text!r}")
    return tuple(group.decode() for group in match.groups())


class Provider(asyncio.Protocol):
    """HTTP/1.1 with kept connections, as far as the programs use it."""

    def __init__(self, origin: str) -> None:
        self.origin = origin

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while b"\r\n\r\n" in self.received:
            head, _, rest = self.received.partition(b"\r\n\r\n")
            lower = head.lower()
            _, named, length = lower.partition(b"\r\ncontent-length:")
            size = int(length.partition(b"\r\n")[0]) if named else 0
            if len(rest) < size:
                return
            self.received = rest[size:]
            kind, body = self.answer(head, rest[:size])
            closes = b"\r\nconnection: close" in lower
            self.transport.write(
                b"HTTP/1.1 200 OK\r\nDate: %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n%b\r\n%b"
                % (date(int(time.time())), kind, len(body), b"Connection: close\r\n" if closes else b"", body)
            )
            if closes:
                self.transport.close()

    def answer(self, head: bytes, body: bytes) -> tuple[bytes, bytes]:
        path = head.split(b" ", 2)[1].partition(b"?")[0]
        if path == b"/oauth/request_token":
            token = b"oauth_token=t%016dNPcudxy0yU5T3tBz&oauth_token_secret=s%016dveNRnAWe6inFuo8o" % (next(counted), 7)
            return FORM, token + b"&oauth_callback_confirmed=true"
        if path == b"/oauth/access_token":
            (user,) = found(VERIFIER, head + b"\r\n" + body)
            token = f"oauth_token={user}-kagSNqWge8gB1WwE3plnFsJH&oauth_token_secret=PbKfYqSryyeKDWz4ebtY3o5o"
            return FORM, f"{token}&user_id={user}&screen_name=user{user}".encode()
        if path == b"/1.1/account/verify_credentials.json":
            (user,) = found(TOKEN, head)
            return JSON, json.dumps({
                "id": int(user), "id_str": user, "screen_name": f"user{user}", "name": f"User {user}",
                "email": f"user{user}@example.com", "profile_image_url": "http://127.0.0.1/p.png",
                "profile_image_url_https": "https://127.0.0.1/p.png",
            }).encode()  # fmt: skip
        if path == b"/token":
            granted = {"access_token": "a", "token_type": "Bearer", "expires_in": 300}
            return JSON, json.dumps({**granted, "id_token": id_token(self.origin, *found(CODE, body))}).encode()
        if path == b"/keys":
            numbers = KEY.public_key().public_numbers()
            n, e = (base64url(one.to_bytes((one.bit_length() + 7) // 8, "big")) for one in (numbers.n, numbers.e))
            key = {"kty": "RSA", "kid": "one", "use": "sig", "alg": "RS256", "n": n, "e": e}
            return JSON, json.dumps({"keys": [key]}).encode()
        if path == b"/.well-known/openid-configuration":
            return JSON, json.dumps({
                "issuer": self.origin, "authorization_endpoint": f"{self.origin}/authorize",
                "token_endpoint": f"{self.origin}/token", "jwks_uri": f"{self.origin}/keys",
                "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }).encode()  # fmt: skip
        sys.exit(f"provider: no such path: {path!r}")


dates: dict[int, bytes] = {}


def date(second: int) -> bytes:
    if second not in dates:
        dates.clear()
        dates[second] = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(second)).encode()
    return dates[second]


async def main(port: int) -> None:
    origin = f"http://127.0.0.1:{port}"
    server = await asyncio.get_running_loop().create_server(lambda: Provider(origin), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
