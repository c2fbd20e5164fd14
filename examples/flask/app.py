"""valetkey in a Flask app: two lines, and the signed-in account."""

from dataclasses import asdict
from pathlib import Path

from behind import behind
from flask import Flask, render_template

from valetkey.frameworks.flask import SignIn, current_session, login_required

PAGE = Path(__file__).parents[1] / "page"
app = Flask(__name__, template_folder=PAGE, static_folder=PAGE, static_url_path="/page")
sign_in = SignIn(app)


@app.get("/")
def index() -> str:
    settings = app.extensions["valetkey"].settings
    return render_template("index.html", framework="Flask", behind=behind(settings))


@app.get("/api/me")
@login_required
def me() -> dict[str, object]:
    return asdict(current_session.account)
