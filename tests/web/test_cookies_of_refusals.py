"""An app's own sentence is left in the login's cookie until the page has read it. However long it is and however many
there are, the cookies stay within what a server reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.browser import Browser
from support.servers import SECRET, Provider
from support.wsgi import App, serving

from valetkey import Identity, Secret, Settings, SignInRefused
from valetkey.frameworks.wsgi import SyncSignIn
from valetkey.providers.twitter import twitter
from valetkey.web.cookies import MAX_OCTETS


class Refusing(App):
    """It refuses everybody, with the sentence of the moment."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.blocking.close()
        self.sentence = ""
        self.blocking = SyncSignIn(settings, resolve_account=self.refuse)

    def refuse(self, identity: Identity, account_id: str) -> None:
        raise SignInRefused(message=self.sentence)


@pytest.fixture
def app(port: int, provider: Provider, tmp_path: Path) -> Iterator[Refusing]:
    made = Refusing(
        Settings(
            callbacks={"twitter": (f"http://127.0.0.1:{port}/auth/twitter",)},
            secrets=(Secret(SECRET),),
            providers=(twitter(key=provider.key, secret=Secret(provider.secret), base=provider.origin),),
            database=f"sqlite:///{tmp_path}/app.db",
        )
    )
    with serving(made, port):
        yield made
    made.blocking.close()


@pytest.mark.parametrize(("length", "is_kept"), [(200, True), (1000, True), (5000, False)])
def test_they_stay_within_the_limit(app: Refusing, port: int, provider: Provider, length: int, is_kept: bool) -> None:
    app.sentence = "n" * (length - 1) + "."
    profile = Browser(f"http://127.0.0.1:{port}")
    for _ in range(5):
        begun = profile.begin()
        answer = profile.come_back(provider.approve(begun.token))
        assert answer.code == "sign_in_refused"
        assert len("; ".join(f"{name}={value}" for name, value in profile.cookies.items())) <= MAX_OCTETS
    told = profile.collect(begun.login).json()["login"]["error"]
    assert told["code"] == "sign_in_refused"
    assert (told["message"] == app.sentence) == is_kept
    assert told["message"].endswith(".")
