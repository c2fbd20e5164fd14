"""The table of users of ``examples/fastapi-users-table``, by SQLAlchemy's async engine and an upsert."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import String, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from valetkey import Account, Identity, SignInRefused
from valetkey.frameworks.fastapi import SignIn
from valetkey.settings import Settings


class Base(DeclarativeBase): ...


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(String, unique=True)
    handle: Mapped[str | None]
    is_banned: Mapped[bool] = mapped_column(default=False)


def create_app(settings: Settings, database: str) -> FastAPI:
    engine = create_async_engine(database)
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def resolve_account(identity: Identity, account_id: str) -> None:
        async with sessions.begin() as db:
            new = insert(User).values(account_id=account_id, handle=identity.handle).on_conflict_do_nothing()
            await db.execute(new)
            user = await db.scalar(select(User).where(User.account_id == account_id))
            if user is not None and user.is_banned:
                raise SignInRefused("banned", "You have been banned here.")

    sign_in = SignIn(settings, resolve_account=resolve_account)

    async def database_session() -> AsyncIterator[AsyncSession]:
        async with sessions() as db:
            yield db

    async def current_user(
        account: Annotated[Account, Depends(sign_in.account)], db: Annotated[AsyncSession, Depends(database_session)]
    ) -> User:
        user = await db.scalar(select(User).where(User.account_id == account.id))
        if user is None:
            raise HTTPException(401)
        return user

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)
    app.include_router(sign_in.router)

    @app.get("/api/me")
    async def me(user: Annotated[User, Depends(current_user)]) -> dict[str, Any]:
        return {"id": user.id, "account_id": user.account_id, "handle": user.handle}

    return app
