"""The bare durable program of OAuth 1.0a: it signs by hand, with prepared prefixes, asks the provider, and stores."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from binascii import b2a_base64
from urllib.parse import parse_qsl, quote

from bare_parts import LOGIN_SECONDS, App, Client, Reply, Store, begun, ended, opened, seal, text

PROVIDER, PORT = os.environ["PROVIDER"], os.environ["PORT"]
KEY, SECRET = "ck", "cs"


def encoded(value: str) -> str:
    return quote(value, safe="~-._")


CALLBACK = encoded(f"http://127.0.0.1:{PORT}/auth/twitter")
REQUEST, ACCESS = f"{PROVIDER}/oauth/request_token", f"{PROVIDER}/oauth/access_token"
# Everything that is the same in each request: of the base string (RFC 5849 §3.4.1) and of the header.
REQUEST_BASE = f"POST&{encoded(REQUEST)}&" + encoded(f"oauth_callback={CALLBACK}&oauth_consumer_key={KEY}&oauth_nonce=")
ACCESS_BASE = f"POST&{encoded(ACCESS)}&" + encoded(f"oauth_consumer_key={KEY}&oauth_nonce=")
SAME = f'oauth_consumer_key="{KEY}", oauth_signature_method="HMAC-SHA1", oauth_version="1.0", oauth_nonce="'
REQUEST_HEADER, ACCESS_HEADER = f'OAuth oauth_callback="{CALLBACK}", {SAME}', f"OAuth {SAME}"
METHOD = "%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D"
VERSION = "%26oauth_version%3D1.0"


def signature(key: str, base: str) -> str:
    digest = b2a_base64(hmac.digest(key.encode(), base.encode(), "sha1"), newline=False).decode()
    return digest.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")


def request_header() -> str:
    nonce, at = os.urandom(16).hex(), int(time.time())
    signed = signature(f"{SECRET}&", f"{REQUEST_BASE}{nonce}{METHOD}{at}{VERSION}")
    return f'{REQUEST_HEADER}{nonce}", oauth_timestamp="{at}", oauth_signature="{signed}"'


def access_header(token: str, secret: str, verifier: str) -> str:
    nonce, at, token, verifier = os.urandom(16).hex(), int(time.time()), encoded(token), encoded(verifier)
    ours = f"%26oauth_token%3D{encoded(token)}%26oauth_verifier%3D{encoded(verifier)}"
    signed = signature(f"{SECRET}&{encoded(secret)}", f"{ACCESS_BASE}{nonce}{METHOD}{at}{ours}{VERSION}")
    return (
        f'{ACCESS_HEADER}{nonce}", oauth_timestamp="{at}", oauth_token="{token}", oauth_verifier="{verifier}", '
        f'oauth_signature="{signed}"'
    )


class Bare(App):
    def prepare(self) -> None:
        self.store, self.client = Store(os.environ["DB"]), Client(PROVIDER)
        head = f"HTTP/1.1\r\nHost: {self.client.host}\r\nContent-Length: 0\r\nAuthorization: "
        self.request, self.access = (f"POST /oauth/{one}_token {head}" for one in ("request", "access"))

    async def start(self) -> Reply:
        reply = await self.client.post(f"{self.request}{request_header()}\r\n\r\n".encode())
        given = dict(parse_qsl(reply.decode()))
        token = given["oauth_token"]
        body = b'{"oauth_token":"%b"}' % token.encode()
        return begun(body, seal(token, given["oauth_token_secret"], str(int(time.time()))))

    async def finish(self, query: str, login: str) -> Reply:
        given = dict(parse_qsl(query))
        token, secret, began = opened(login)
        if token != given["oauth_token"] or time.time() - int(began) > LOGIN_SECONDS:
            raise ValueError("another login")
        self.store.claim(token)
        header = access_header(token, secret, given["oauth_verifier"])
        user = dict(parse_qsl((await self.client.post(f"{self.access}{header}\r\n\r\n".encode())).decode()))
        session = text(os.urandom(32))
        self.store.finish(user["user_id"], user["screen_name"], hashlib.sha256(session.encode()).digest())
        return ended(json.dumps(user["screen_name"]), session)


app = Bare()
