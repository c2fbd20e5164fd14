"""The account panel as a server writes it into a page: whatever a user or a provider is called is text."""

from __future__ import annotations

from html.parser import HTMLParser

from valetkey import Account, Identity, Secret
from valetkey.providers.twitter import twitter
from valetkey.web.markup import account_panel

MARKUP = """</bdi><script>x</script> & "'<i>"""
SCRIPT = "/auth/client.js"


class Read(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def shown(*identities: Identity) -> Read:
    account = Account(id="a", name=None, picture=None, identities=identities)
    return Read(account_panel(SCRIPT, [twitter(key="k", secret=Secret("s"))], account))


def test_what_an_identity_is_known_by() -> None:
    """The handle, the name, the address, or else the subject; by the provider's title, or by its name where it left."""
    read = shown(
        Identity(provider="twitter", subject="1", handle="ada", name="Ada", email="ada@example.com"),
        Identity(provider="twitter", subject="2", name="Ada", email="ada@example.com"),
        Identity(provider="gone", subject="3", email="ada@example.com"),
        Identity(provider="gone", subject="4"),
    )
    assert " ".join(read.texts).split() == [
        "X", "@ada", "X", "Ada", "gone", "ada@example.com", "gone", "4",
    ]  # fmt: skip


def test_nothing_of_it_is_markup() -> None:
    read = shown(*(Identity(provider=MARKUP, subject="1", **{field: MARKUP}) for field in ("handle", "name", "email")))
    assert read.tags == ["script", "account-panel", "ul", *["li", "bdi"] * 3]
    assert "".join(read.texts).count(MARKUP) == 6
    assert Read(account_panel('"><b>', [], None)).tags == ["script", "account-panel"]
