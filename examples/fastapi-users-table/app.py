"""valetkey in an app with its own users table, here with SQLModel.

``resolve_account`` gets or creates the user of an account. The routes depend on ``CurrentUser``.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from behind import behind
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel, create_engine, select

from valetkey import Account, Identity, SignInRefused
from valetkey.frameworks.fastapi import SignIn

PAGE = Path(__file__).parents[1] / "page"
engine = create_engine(os.environ.get("EXAMPLE_DATABASE", "sqlite:///users.db"))


class User(SQLModel, table=True):
    """A user of the app. ``account_id`` is the id of the user's account."""

    id: int | None = Field(default=None, primary_key=True)
    account_id: str = Field(unique=True)
    handle: str
    joined_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    is_banned: bool = False


SQLModel.metadata.create_all(engine)


def resolve_account(identity: Identity, account_id: str) -> None:
    """valetkey calls it at every sign-in, before the session opens. Two first sign-ins may call it at once."""
    with Session(engine) as db:
        user = find(db, account_id)
        if user is not None and user.is_banned:
            raise SignInRefused("banned", "You have been banned here.")
        if user is None:
            db.add(User(account_id=account_id, handle=identity.handle or identity.subject))
            try:
                db.commit()
            except IntegrityError:
                db.rollback()
                if find(db, account_id) is None:  # the other sign-in was not the reason
                    raise


def find(db: Session, account_id: str) -> User | None:
    return db.exec(select(User).where(User.account_id == account_id)).first()


def database() -> Iterator[Session]:
    with Session(engine) as db:
        yield db


sign_in = SignIn.from_env(resolve_account=resolve_account)
Database = Annotated[Session, Depends(database)]


def current_user(account: Annotated[Account, Depends(sign_in.account)], db: Database) -> User:
    user = find(db, account.id)
    if user is None:  # deleted in the meantime; the next sign-in creates a new one
        raise HTTPException(401, "not signed in", {"WWW-Authenticate": "Bearer"})
    return user


CurrentUser = Annotated[User, Depends(current_user)]

app = FastAPI(title="valetkey with a users table")
app.include_router(sign_in.router)
app.mount("/page", StaticFiles(directory=PAGE))


@app.get("/", response_class=HTMLResponse, include_in_schema=False)
async def index() -> str:
    page = (PAGE / "index.html").read_text()
    page = page.replace("{{ framework }}", "FastAPI and a users table")
    return page.replace("{{ behind }}", behind(sign_in.settings))


@app.get("/api/me")
def me(user: CurrentUser) -> User:
    return user
