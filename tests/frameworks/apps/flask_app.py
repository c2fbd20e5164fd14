"""What a user of Flask writes, and the routes that the contract asks for."""

from flask import Flask

from valetkey.frameworks.flask import SignIn, current_account, login_required, sign_out
from valetkey.web.replies import account_body

sign_in = SignIn()


def create_app() -> Flask:
    app = Flask(__name__)
    sign_in.init_app(app)

    @app.route("/api/me", methods=["GET", "POST"])
    @login_required
    def me() -> dict[str, object]:
        return account_body(current_account)

    @app.get("/api/maybe")
    def maybe() -> dict[str, object]:
        return {"handle": current_account.handle if current_account else None}

    @app.post("/api/sign-out")
    def leave() -> dict[str, object]:
        sign_out()
        return {"handle": "somebody" if current_account else None}

    return app
