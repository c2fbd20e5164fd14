"""Flask with requests-oauthlib, as the articles have it: the popup's last page hands its opener a token (PyJWT)."""

from __future__ import annotations

import os
import time
from urllib.parse import parse_qsl

import jwt
import requests
from flask import Flask, jsonify, render_template_string, request
from requests_oauthlib import OAuth1
from users import signed_in

PROVIDER, PORT = os.environ["PROVIDER"], os.environ["PORT"]
PAGE = """<html><body><script>
window.opener.setToken("{{ token }}", "{{ name }}")
window.close()
</script></body></html>"""
app = Flask(__name__)


def asked(path: str, **signed: str) -> dict[str, str]:
    reply = requests.post(PROVIDER + path, auth=OAuth1("ck", client_secret="cs", **signed), timeout=10)
    reply.raise_for_status()
    return dict(parse_qsl(reply.text))


@app.post("/auth/twitter")
def start():
    return jsonify(asked("/oauth/request_token", callback_uri=f"http://127.0.0.1:{PORT}/auth/twitter"))


@app.get("/auth/twitter")
def finish():
    token, verifier = request.args["oauth_token"], request.args["oauth_verifier"]
    user = asked("/oauth/access_token", resource_owner_key=token, verifier=verifier)
    now = int(time.time())
    claims = {"sub": str(signed_in(user["user_id"], user["screen_name"])), "iat": now, "exp": now + 1209600}
    return render_template_string(PAGE, token=jwt.encode(claims, "k" * 32, "HS256"), name=user["screen_name"])
