"""What the record of each provider reads: the id strictly, in one spelling; the rest tolerantly.

Two users never share an account. So a reply whose id is missing, empty, of another type, or in a member of another name
fails the login, and never becomes a subject. Neither does a handle.
"""

from __future__ import annotations

import pytest

from core.catalogue import ROWS
from core.catalogue.row import (
    BROKEN,
    EMAIL,
    FLAGS,
    NO_ID,
    PER_SERVER,
    PICTURE,
    Path,
    broken,
    changed,
    keys_of,
    made,
    read,
    value_at,
)
from valetkey import SettingsError
from valetkey.errors import ProviderReplyInvalid
from valetkey.login.identification import require_identity
from valetkey.providers.record.appearance import Colors
from valetkey.providers.record.built_in import RECIPES

NOT_A_DECIMAL = ("0", "007", "-7", "7.0", "+7", "7 ", " 7", "7\n", "٧", "0x7", "1" * 21)
# What is no id, by what an id is there.
NOT_IDS: dict[str, tuple[object, ...]] = {
    "text": (7,),
    "decimal": (7, *NOT_A_DECIMAL),
    "number": ("7",),
    "decimal or number": NOT_A_DECIMAL,
}
ELSEWHERE = ({}, {"error": "invalid_token"}, {"data": None}, {"response": []}, {"owner": "user"})

every = pytest.mark.parametrize("name", sorted(ROWS))


@every
def test_a_whole_reply_is_read(name: str) -> None:
    profile = ROWS[name].profile
    assert read(name, ROWS[name].reply) == profile
    assert require_identity(profile) == profile


@every
def test_an_id_that_is_none_fails_the_login(name: str) -> None:
    row = ROWS[name]
    for value in (..., *NO_ID, "x" * 256, *NOT_IDS[row.kind], *row.not_ids):
        with pytest.raises(ProviderReplyInvalid):
            read(name, changed(row.reply, row.subject, value))


@every
def test_an_id_in_another_member_fails_the_login(name: str) -> None:
    """Under another name, or without what is around it."""
    row = ROWS[name]
    *around, last = row.subject
    assert isinstance(last, str)
    bare = changed(row.reply, row.subject, ...)
    found = value_at(row.reply, row.subject)
    renamed = [changed(bare, (*around, other), found) for other in (f"{last}_", last.swapcase(), "user_name")]
    cut = [
        changed(row.reply, row.subject[:depth], value)
        for depth in range(1, len(row.subject))
        for value in (..., None, [], {}, [found], "text", 7)
    ]
    for reply in (*ELSEWHERE, *renamed, *cut):
        with pytest.raises(ProviderReplyInvalid):
            read(name, reply)


@every
def test_the_id_alone_says_who_the_user_is(name: str) -> None:
    """A user who takes the handle, the name and the address of another is not that user, and a renamed one still is."""
    row = ROWS[name]
    another = read(name, changed(row.reply, row.subject, row.another_user))
    assert another.subject != row.profile.subject
    assert another.preferred_username == row.profile.preferred_username
    for path in row.shown.values():
        assert read(name, changed(row.reply, path, "somebody")).subject == row.profile.subject
        assert read(name, changed(row.reply, path, ...)).subject == row.profile.subject


@pytest.mark.parametrize("name", sorted(name for name, row in ROWS.items() if row.decides))
def test_what_decides_beside_the_id_must_be_there(name: str) -> None:
    row = ROWS[name]
    for path in row.decides:
        with pytest.raises(ProviderReplyInvalid):
            read(name, changed(row.reply, path, None if value_at(row.reply, path) is not False else True))


@every
def test_what_is_only_displayed_fails_no_login(name: str) -> None:
    """Neither a member that is malformed, nor what is around it, nor everything but the id."""
    row = ROWS[name]
    for member, path in row.shown.items():
        for value in (..., *BROKEN):
            profile = require_identity(read(name, changed(row.reply, path, value)))
            assert profile.subject == row.profile.subject
            assert getattr(profile, member) is None
            for outer in _around(path, but=(row.subject, *row.decides)):
                profile = require_identity(read(name, changed(row.reply, outer, value)))
                assert profile.subject == row.profile.subject
                assert getattr(profile, member) is None
    for value in BROKEN:
        profile = require_identity(read(name, broken(row.reply, kept=(row.subject, *row.decides), by=value)))
        assert profile.subject == row.profile.subject
        assert (profile.name, profile.picture, profile.email, profile.email_verified) == (None, None, None, False)


def _around(path: Path, *, but: tuple[Path, ...]) -> list[Path]:
    """What the member at a path is in, without what something else is in, too."""
    outer = [path[:end] for end in range(1, len(path))]
    return [one for one in outer if not any(other[: len(one)] == one for other in but)]


@pytest.mark.parametrize("name", sorted(name for name, row in ROWS.items() if row.handle or row.name))
def test_a_hostile_name_is_cleaned(name: str) -> None:
    row = ROWS[name]
    for path in filter(None, (row.handle, row.name)):
        hostile = read(name, changed(row.reply, path, "<b>\u202ea\x00\r\nb\u2028" + "x" * 500))
        assert {"\x00", "\r", "\n", "\u2028"}.isdisjoint(f"{hostile.preferred_username}{hostile.name}")
        assert max(len(one or "") for one in (hostile.preferred_username, hostile.name)) <= 200


@pytest.mark.parametrize("name", sorted(name for name, row in ROWS.items() if row.picture))
def test_a_picture_is_an_address_that_a_page_may_load(name: str) -> None:
    row = ROWS[name]
    assert row.picture is not None
    assert row.profile.picture is not None
    for url in (
        *("javascript:alert(1)", "data:image/png;base64,AA", "http://p.example.com/a.png", "//p.example.com/a.png"),
        *('"', f'{PICTURE}"'),
    ):
        assert read(name, changed(row.reply, row.picture, url)).picture is None


# E-mail

# Their records read the standard claim, and the core drops it: these providers verify no address (``verifies_email``).
VAIN_FLAGS = ("authentik", "line")


@every
def test_an_address_is_verified_where_the_provider_says_so_and_nowhere_else(name: str) -> None:
    row = ROWS[name]
    assert read(name, row.reply).email_verified is (row.flag is not None)
    # Another way to a verified address is a request of its own.
    assert made(name).verifies_email is (row.flag is not None or made(name).email_url is not None)
    # A flag that the provider does not have says nothing, whatever it is called.
    flags = {"email_verified", "verified", "emailVerified", "confirmed", "email_verified_at"}
    claimed = dict.fromkeys(flags - set(row.flag or ()), True)
    bare = row.reply if row.flag is None else changed(row.reply, row.flag, ...)
    assert read(name, {**bare, **claimed}).email_verified is (name in VAIN_FLAGS)


@pytest.mark.parametrize("name", sorted(name for name, row in ROWS.items() if row.flag))
def test_only_the_providers_own_word_verifies_an_address(name: str) -> None:
    row = ROWS[name]
    assert row.flag is not None
    for flag in (True, *FLAGS, "1"):
        profile = require_identity(read(name, changed(row.reply, row.flag, flag)))
        verifies = any(flag is one or (isinstance(flag, str) and flag == one) for one in row.verifying)
        assert (profile.email, profile.email_verified) == (EMAIL, verifies), flag


# Servers


@pytest.mark.parametrize("name", sorted((*PER_SERVER, "mastodon")))
def test_the_same_id_at_two_servers_is_two_users(name: str) -> None:
    bases = ("https://a.example", "https://b.example", "https://a.example:8443")
    subjects = [read(name, ROWS[name].reply, base=base).subject for base in bases]
    assert len(set(subjects)) == len(bases)
    assert subjects[0].startswith("a.example/")
    assert subjects[2].startswith("a.example:8443/")
    assert read(name, ROWS[name].reply, base="https://A.example").subject == subjects[0]


@pytest.mark.parametrize("name", sorted((*PER_SERVER, "mastodon")))
def test_an_app_must_name_the_server(name: str) -> None:
    required = {one.name for one in RECIPES[name].variables if one.required}
    assert f"VALETKEY_{name.upper()}_BASE" in required
    with pytest.raises(SettingsError, match="base"):
        RECIPES[name].make(**keys_of(name))


# The records


@every
def test_a_record_is_whole_and_shows_no_secret(name: str) -> None:
    provider = made(name)
    assert provider.name == RECIPES[name].name == name
    assert provider.icon
    assert isinstance(provider.colors, Colors)
    assert "canary" not in repr(provider)
    assert all(url.startswith("https://") for url in (provider.protocol.authorize_url, *provider.requested))


@every
def test_the_page_of_the_provider_has_something_to_say(name: str) -> None:
    recipe = RECIPES[name]
    assert recipe.keys_from
    assert recipe.steps
    for sentence in (*recipe.steps, *recipe.notes, *recipe.unverified):
        assert sentence.endswith(".")
        assert "  " not in sentence


@every
def test_the_text_of_a_button_can_be_read(name: str) -> None:
    """A contrast of 4.5 at least. Web Content Accessibility Guidelines 2.2, success criterion 1.4.3."""
    colors = made(name).colors
    assert colors is not None
    for background, text in (colors.light, colors.dark):
        darker, lighter = sorted((luminance(background), luminance(text)))
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def luminance(color: str) -> float:
    """The relative luminance of a color, as the guidelines define it."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
