"""The bare durable program of OpenID Connect: it builds the address, posts the code, verifies the ID token, and stores.

The ID token is verified with PyJWT: signature, issuer, audience, expiry; and its nonce.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
import urllib.request
from urllib.parse import parse_qs, quote

import jwt
from bare_parts import LOGIN_SECONDS, App, Client, Reply, Store, begun, ended, opened, seal, text

PROVIDER, PORT = os.environ["PROVIDER"], os.environ["PORT"]
CALLBACK = quote(f"http://127.0.0.1:{PORT}/auth/acme", safe="")
ASKED = "response_type=code&client_id=ck&scope=openid%20profile%20email"
AUTHORIZE = f"{PROVIDER}/authorize?{ASKED}&redirect_uri={CALLBACK}"
BASIC = "Y2s6Y3M="  # ck:cs


class Bare(App):
    def prepare(self) -> None:
        self.store, self.client = Store(os.environ["DB"]), Client(PROVIDER)
        with urllib.request.urlopen(f"{PROVIDER}/keys") as reply:
            self.key = jwt.PyJWK(json.load(reply)["keys"][0]).key
        self.token = (
            f"POST /token HTTP/1.1\r\nHost: {self.client.host}\r\nAuthorization: Basic {BASIC}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
        )

    async def start(self) -> Reply:
        state, nonce, verifier = (text(os.urandom(24)) for _ in range(3))
        challenge = text(hashlib.sha256(verifier.encode()).digest())
        address = f"{AUTHORIZE}&state={state}&nonce={nonce}&code_challenge={challenge}&code_challenge_method=S256"
        return begun(b'{"to":"%b"}' % address.encode(), seal(state, nonce, verifier, str(int(time.time()))))

    async def finish(self, query: str, login: str) -> Reply:
        given = parse_qs(query)
        state, nonce, verifier, began = opened(login)
        if not hmac.compare_digest(state, given["state"][0]) or time.time() - int(began) > LOGIN_SECONDS:
            raise ValueError("another login")
        self.store.claim(state)
        code = quote(given["code"][0], safe="")
        body = f"grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}&code_verifier={verifier}"
        reply = json.loads(await self.client.post(f"{self.token}{len(body)}\r\n\r\n{body}".encode()))
        claims = jwt.decode(reply["id_token"], self.key, algorithms=["RS256"], audience="ck", issuer=PROVIDER)
        if not hmac.compare_digest(claims["nonce"], nonce):
            raise ValueError("another nonce")
        name, session = claims["preferred_username"], text(os.urandom(32))
        self.store.finish(claims["sub"], name, hashlib.sha256(session.encode()).digest())
        return ended(json.dumps(name), session)


app = Bare()
