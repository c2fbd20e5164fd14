"""valetkey with Flask-Login: ``current_user`` and ``login_required``, over the app's own users table.

valetkey signs users in and out. Flask-Login loads its user by valetkey's account, with the ``request_loader``, and
keeps no session of its own. So there is no ``login_user`` and no SECRET_KEY.
"""

import sqlite3
import tempfile
from dataclasses import asdict
from pathlib import Path

from behind import behind
from flask import Flask, Request, g, render_template
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user, login_required

from valetkey import Identity, SignInRefused
from valetkey.frameworks.flask import SignIn, current_account, current_session

PAGE = Path(__file__).parents[1] / "page"
DATABASE = Path(tempfile.mkdtemp()) / "users.db"  # a real app would keep it

app = Flask(__name__, template_folder=PAGE, static_folder=PAGE, static_url_path="/page")
login_manager = LoginManager(app)


class User(UserMixin):
    """A row of the users table."""

    def __init__(self, id: int, points: int, banned: int) -> None:
        self.id, self.points, self.banned = id, points, bool(banned)


def database() -> sqlite3.Connection:
    """The connection of this request."""
    if "database" not in g:
        g.database = sqlite3.connect(DATABASE)
        g.database.execute(
            "CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, account_id TEXT UNIQUE NOT NULL, "
            "points INTEGER NOT NULL DEFAULT 10, banned INTEGER NOT NULL DEFAULT 0)"
        )
    connection: sqlite3.Connection = g.database
    return connection


@app.teardown_appcontext
def close(error: BaseException | None) -> None:
    if "database" in g:
        g.database.close()


def find_user(account_id: str) -> User | None:
    row = database().execute("SELECT id, points, banned FROM users WHERE account_id = ?", (account_id,)).fetchone()
    return User(*row) if row else None


def resolve_account(identity: Identity, account_id: str) -> None:
    """valetkey calls it at every sign-in, before the session opens. It gets or creates the user, or refuses."""
    with database() as connection:
        connection.execute("INSERT INTO users (account_id) VALUES (?) ON CONFLICT DO NOTHING", (account_id,))
    user = find_user(account_id)
    if user is None or user.banned:
        raise SignInRefused("banned", "You have been banned here.")


sign_in = SignIn(app, resolve_account=resolve_account)


@login_manager.request_loader
def load_user(request: Request) -> User | None:
    return find_user(current_account.id) if current_account else None


@login_manager.unauthorized_handler
def unauthorized() -> ResponseReturnValue:
    return {"error": "not signed in"}, 401, {"WWW-Authenticate": "Bearer"}


@app.get("/")
def index() -> str:
    settings = app.extensions["valetkey"].settings
    return render_template("index.html", framework="Flask-Login", behind=behind(settings))


@app.get("/api/me")
@login_required
def me() -> dict[str, object]:
    return {**asdict(current_session.account), "user": current_user.id, "points": current_user.points}


@app.post("/api/points")
@login_required
def spend() -> dict[str, object]:
    """With the session cookie, only a page of this app can call it: reading ``current_account`` checks the origin."""
    with database() as connection:
        connection.execute("UPDATE users SET points = points - 1 WHERE id = ?", (current_user.id,))
    return {"points": current_user.points - 1}
