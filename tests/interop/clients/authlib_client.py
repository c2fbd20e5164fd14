"""Authlib in a Flask app: state and nonce in its session, PKCE by S256, the ID token's signature and claims checked."""

from __future__ import annotations

from urllib.parse import urlsplit

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, jsonify
from joserfc.errors import JoseError
from talking import Order, come_back, order, refuses, signed_in


def app_for(ordered: Order) -> Flask:
    app = Flask(__name__)
    app.secret_key = "for tests alone"
    app.testing = True  # what goes wrong is raised
    endpoints = (
        {
            "authorize_url": ordered.authorize_url,
            "access_token_url": ordered.token_url,
            "client_kwargs": {
                "scope": "read:user user:email",
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": "client_secret_post",
            },
        }
        if ordered.is_github
        else {
            "server_metadata_url": f"{ordered.base}/.well-known/openid-configuration",
            "client_kwargs": {"scope": "openid profile email", "code_challenge_method": "S256"},
        }
    )
    provider = OAuth(app).register(ordered.front, client_id=ordered.id, client_secret=ordered.secret, **endpoints)

    @app.get("/start")
    def start():
        return provider.authorize_redirect(ordered.callback)

    @app.get("/<path:callback>")
    def back(callback: str):
        token = provider.authorize_access_token()
        if ordered.is_github:
            return jsonify(provider.get(ordered.user_url).json())
        return jsonify({**token["userinfo"], **provider.userinfo()})

    return app


def main() -> None:
    ordered = order()
    browser = app_for(ordered).test_client()
    url = come_back(browser.get("/start").headers["Location"])
    parts = urlsplit(url)
    try:
        user = browser.get(f"{parts.path}?{parts.query}").get_json()
    except (OAuthError, JoseError) as error:
        return refuses(error)
    return signed_in(user["id"] if ordered.is_github else user["sub"], user.get("name"), user.get("email"))


if __name__ == "__main__":
    main()
