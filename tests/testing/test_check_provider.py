"""``valetkey check-provider``: for the providers that ship with valetkey, for those that CONTRIBUTING.md adds, and for
records with a mistake, each of which it finds and names."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.written import ROOT, blocks_of

from valetkey.cli.main import main

HEAD = """
from valetkey import Profile, Provider, Secret
from valetkey.protocols.oauth2 import ClientCredentials, OAuth2
from valetkey.providers.record import Fields, OAuth2Record
from valetkey.providers.record.claims import email_of, subject_of
from valetkey.providers.record.provider import readable

EXAMPLE = {
    "user": {"id": "b1c2d3e4", "login": "ada", "name": "Ada L", "email": "ada@example.com", "email_confirmed": True},
    "team": {"id": "T012AB3CD", "name": "Analytical Engines"},
}
GOOD = dict(
    name="acorn",
    title="Acorn",
    authorize_url="https://acorn.example.com/oauth/authorize",
    token_url="https://acorn.example.com/oauth/token",
    profile_url="https://api.acorn.example.com/v1/me",
)
FIELDS = dict(
    subject="user.id", scope="team.id", handle="user.login", name="user.name",
    email="user.email", verified="user.email_confirmed",
)
"""
GOOD = "acorn = OAuth2Record(**GOOD, fields=Fields(**FIELDS))"
READS = """
def describe(reply):
    user, team = reply["user"], reply["team"]
    return Profile({members})

acorn = OAuth2Record(**GOOD, identity_from="profile", describe=describe)
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["check-provider", *arguments])


def check(tmp_path: Path, code: str) -> Result:
    (tmp_path / "acorn.py").write_text(HEAD + code)
    return run(str(tmp_path / "acorn.py"))


def test_one_that_ships_with_valetkey() -> None:
    result = run("discord")
    assert result.exit_code == 0, result.output
    row, verdict = result.output.splitlines()
    assert row.split()[0] == "discord"
    assert "first@example.com (verified)" in row
    assert verdict == "30 of 30 checks hold"


def test_verbose_lists_every_check_and_what_cannot_be_found_out() -> None:
    lines = run("discord", "--verbose").output.splitlines()
    assert sum(line.startswith("holds  ") for line in lines) == 30
    assert sum("cannot be detected" in line for line in lines) == 1


def test_x_is_played_over_both_protocols() -> None:
    lines = run("twitter").output.splitlines()
    assert [line.split()[0] for line in lines] == ["twitter", "x2", "60"]


def test_a_file_of_valetkeys_own() -> None:
    assert run(str(ROOT / "src/valetkey/providers/spotify.py")).output.splitlines()[-1] == "30 of 30 checks hold"


def test_what_is_none() -> None:
    result = run("nonsense")
    assert result.exit_code == 2
    assert "'nonsense' is no file, and no provider; there are" in result.stderr


def test_a_record_that_is_right(tmp_path: Path) -> None:
    result = check(tmp_path, GOOD)
    assert result.exit_code == 0, result.output
    assert "30 of 30 checks hold" in result.output


@pytest.mark.parametrize("name", ["codeberg", "spotify", "twitch", "flickr", "plurk"])
def test_those_that_contributing_adds(tmp_path: Path, name: str) -> None:
    file = tmp_path / f"{name}.py"
    file.write_text(blocks_of("CONTRIBUTING.md")[f"{name}.py"])
    result = run(str(file))
    assert result.exit_code == 0, result.output
    assert "30 of 30 checks hold" in result.output


def test_what_contributing_shows(tmp_path: Path) -> None:
    """Its row, and what is said of its record with the handle as the subject, are what the command prints."""
    page = " ".join((ROOT / "CONTRIBUTING.md").read_text().split())
    code, file = blocks_of("CONTRIBUTING.md")["codeberg.py"], tmp_path / "codeberg.py"
    file.write_text(code)
    assert " ".join(run(str(file)).output.split()) in page
    file.write_text(code.replace('subject="id", id=number, handle="login",', 'subject="login",'))
    assert file.read_text() != code
    _, *said = run(str(file)).output.splitlines()
    assert " ".join(" ".join(said).split()) in page


MEMBERS = {
    "subject": "subject_of(team.get('id')) + '/' + subject_of(user.get('id'))",
    "preferred_username": 'readable(user.get("login"))',
    "name": 'readable(user.get("name"))',
    "email": 'email_of(user.get("email"))',
    "email_verified": 'user.get("email_confirmed") is True',
}


def reads(**other: str) -> str:
    members = ", ".join(f"{name}={code}" for name, code in {**MEMBERS, **other}.items())
    return READS.replace("{members}", members)


OWN_OAUTH1 = """
from valetkey.providers.record import Fields, OAuth1Record

EXAMPLE = {"user_nsid": "21207597@N07", "username": "ada", "fullname": "Ada L"}
acorn = OAuth1Record(
    name="acorn",
    title="Acorn",
    request_token_url="https://acorn.example.com/oauth/request",
    authorize_url="https://acorn.example.com/oauth/authorize?perms=read",
    access_token_url="https://acorn.example.com/oauth/access",
    request_method="GET",
    parameters_in="query",
    fields=Fields(subject="user_nsid", handle="username", name="fullname"),
)
"""
OWN_OPENID = """
from valetkey.providers.record import OpenIDRecord

acorn = OpenIDRecord(name="acorn", title="Acorn", scopes=("openid", "profile"), returns_nonce=False)
"""
OWN_TOKEN_REPLY = """
from valetkey.providers.record import Fields, OAuth2Record

EXAMPLE = {
    "access_token": "secret",
    "token_type": "bearer",
    "expires_in": 3600,
    "bot_id": "b3414d65-9122-4455-87ff-000000000001",
    "workspace": {"id": "0c0c0c0c-1111-4222-8333-000000000001", "name": "Ada's"},
    "owner": {"user": {"id": "7002c0de-0000-4000-8000-000000000001", "name": "Ada", "avatar_url": None}},
}
IDS_ARE_GLOBAL = True
acorn = OAuth2Record(
    name="acorn",
    title="Acorn",
    authorize_url="https://acorn.example.com/authorize",
    token_url="https://acorn.example.com/token",
    fields=Fields(subject="owner.user.id", name="owner.user.name", picture="owner.user.avatar_url"),
)
"""
OWN_CLAIMS = """
from valetkey.providers.record import Fields, OpenIDRecord

EXAMPLE = {
    "iss": "https://acorn.example.com",
    "aud": "client",
    "exp": 1,
    "iat": 1,
    "nonce": "n",
    "sub": "248289761001",
    "tid": "a-tenant",
    "name": "Ada",
    "email": "ada@example.com",
    "email_verified": True,
}
acorn = OpenIDRecord(
    name="acorn", title="Acorn", fields=Fields(subject="sub", scope="tid", email="email", verified="email_verified")
)
"""


@pytest.mark.parametrize("code", [OWN_OAUTH1, OWN_OPENID, OWN_TOKEN_REPLY, OWN_CLAIMS])
def test_other_protocols(tmp_path: Path, code: str) -> None:
    (tmp_path / "acorn.py").write_text(code)
    result = run(str(tmp_path / "acorn.py"))
    assert result.exit_code == 0, result.output


REDDIT = """
del EXAMPLE
reddit = OAuth2Record(
    name="reddit",
    title="Reddit",
    authorize_url="https://www.reddit.com/api/v1/authorize",
    token_url="https://www.reddit.com/api/v1/access_token",
    scopes=("identity",),
    client_authentication="basic",
    profile_url="https://oauth.reddit.com/api/v1/me",
    fields=Fields(subject="id", handle="name"),
)
"""
BROKEN: dict[str, tuple[str, str, str]] = {
    "the handle is the subject": (
        reads(subject='subject_of(user.get("login"))'),
        "a renamed user keeps the account",
        "The subject is read from `user.login`, which the user can change.",
    ),
    "a flag is read by bool": (
        reads(email_verified='bool(user.get("email_confirmed"))'),
        "an address that is not verified stays so",
        "The address counts as verified where `user.email_confirmed` is 'false'.",
    ),
    "the tenant is no part of the subject": (
        "acorn = OAuth2Record(**GOOD, fields=Fields(**{**FIELDS, 'scope': None}))",
        "another tenant is another account",
        "The replies differ in `team.id`, `team.name`: make it part of the subject",
    ),
    "an id may be missing": (
        reads(subject='str(user.get("id"))'),
        "a reply without an id signs nobody in",
        "`user.id` is missing, and a user was signed in as 'None'.",
    ),
    "a name is required": (
        reads(name='user["name"]'),
        "a reply without all that is only displayed signs in",
        "the user must sign in all the same",
    ),
    "an address on http": (
        "acorn = OAuth2Record(**{**GOOD, 'token_url': 'http://acorn.example.com/token'}, fields=Fields(**FIELDS))",
        "the record can be played",
        "Provider 'acorn': token_url must be an https address.",
    ),
    "the subject is the handle, by its path": (
        "acorn = OAuth2Record(**GOOD, fields=Fields(**{**FIELDS, 'subject': 'user.login'}))",
        "the record can be played",
        "'user.login' cannot be the subject.",
    ),
    "no such member": (
        "acorn = OAuth2Record(**GOOD, fields=Fields(**{**FIELDS, 'subject': 'user.uid'}))",
        "the record can be played",
        "the record finds no usable subject in EXAMPLE. There is no `user.uid`. It has `user.id`, `user.login`,",
    ),
    "the id is a number": (
        "EXAMPLE['user']['id'] = 7\n" + GOOD,
        "the record can be played",
        "`user.id` is a JSON number, which id=number reads.",
    ),
    "the id is a text": (
        "from valetkey.providers.record import number\n"
        "acorn = OAuth2Record(**GOOD, fields=Fields(**FIELDS, id=number))",
        "the record can be played",
        "`user.id` is a text, which id=text reads, or id=decimal if it has digits alone.",
    ),
    "a function finds no subject": (
        reads(subject="subject_of(user.get('uid'))"),
        "the record can be played",
        "describe raised ProviderReplyInvalid",
    ),
    "no example": (
        "del EXAMPLE\n" + GOOD,
        "the record can be played",
        "Write down the reply of https://api.acorn.example.com/v1/me, as the provider documents it",
    ),
    "two records": (
        "one = OAuth2Record(**GOOD, fields=Fields(**FIELDS))\ntwo = one",
        "the record can be played",
        "It has: one, two. Name the one that is meant",
    ),
    "an argument that nobody can fill in": (
        "def acorn(*, client_id: str, fleet: int) -> Provider: ...",
        "the record can be played",
        "fleet has no default. Give it one",
    ),
    "a function that makes something else": (
        "def acorn(*, client_id: str) -> Provider: return 7",
        "the record can be played",
        "that is no Provider but int",
    ),
    "a function that fails": (
        "def acorn(*, client_id: str) -> Provider: raise KeyError('x')",
        "the record can be played",
        "the record cannot be made: KeyError: 'x'",
    ),
    "an address of its own without an example": (
        "acorn = OAuth2Record(**GOOD, fields=Fields(**{**FIELDS, 'verified': False}),"
        " email_url='https://api.acorn.example.com/v1/mails', describe_email=lambda reply: (None, False))",
        "the record can be played",
        "no EXAMPLE_EMAILS. Write down the reply of https://api.acorn.example.com/v1/mails",
    ),
    "a file that cannot be run": ("import nonsense_of_this_test", "the record can be played", "ModuleNotFoundError"),
    "a scope is missing": (  # of a provider that the sandbox knows
        """
del EXAMPLE
spotify = OAuth2Record(
    name="spotify",
    title="Spotify",
    authorize_url="https://accounts.spotify.com/authorize",
    token_url="https://accounts.spotify.com/api/token",
    client_authentication="basic",
    profile_url="https://api.spotify.com/v1/me",
    fields=Fields(subject="account_id", name="display_name", email="email"),
)
""",
        "the reply has what the record reads",
        "Ask for the scope 'user-read-email', in scopes",
    ),
    "the secret is in the wrong place": (
        """
del EXAMPLE
spotify = OAuth2Record(
    name="spotify",
    title="Spotify",
    authorize_url="https://accounts.spotify.com/authorize",
    token_url="https://accounts.spotify.com/api/token",
    scopes=("user-read-email",),
    client_authentication="post",
    profile_url="https://api.spotify.com/v1/me",
    fields=Fields(subject="account_id", name="display_name", email="email"),
)
""",
        "a user signs in",
        "It ended as wrong_keys. The sandbox said of token: Spotify takes no client authentication by post, only by "
        "basic.",
    ),
    "the profile is at another host": (
        REDDIT.replace("oauth.reddit.com", "www.reddit.com"),
        "the addresses are the provider's",
        "profile_url is https://www.reddit.com/api/v1/me, and Reddit has https://oauth.reddit.com/api/v1/me.",
    ),
    "an address is misspelt, so that nobody signs in": (
        REDDIT.replace("access_token", "accesstoken"),
        "the addresses are the provider's",
        "token_url is https://www.reddit.com/api/v1/accesstoken, and Reddit has "
        "https://www.reddit.com/api/v1/access_token.",
    ),
    "the subject has another name": (
        REDDIT.replace('subject="id"', 'subject="uid"'),
        "a user signs in",
        "The record reads `uid`, and the reply has `id`, `name`,",
    ),
    "no scope": (
        REDDIT.replace('scopes=("identity",),', ""),
        "a user signs in",
        "The sandbox said of authorize: no scope: the profile needs identity.",
    ),
    "a parameter of the callback is not sent back": (
        """
del EXAMPLE
vk = OAuth2Record(
    name="vk",
    title="VK",
    authorize_url="https://id.vk.ru/authorize",
    token_url="https://id.vk.ru/oauth2/auth",
    scopes=("email",),
    requires_token_type=False,
    token_placement="body",
    profile_url="https://id.vk.ru/oauth2/user_info",
    profile_method="POST",
    fields=Fields(subject="user.user_id", email="user.email"),
)
""",
        "a user signs in",
        "The sandbox said of token: no device_id, which the callback had.",
    ),
    "another method": (
        REDDIT.replace("reddit", "linear").replace('"basic"', '"post"'),
        "the addresses are the provider's",
        "profile_method is GET, and Reddit takes POST.",
    ),
    "a signature of another kind": (
        """
del EXAMPLE
from valetkey.providers.record import OAuth1Record

jira = OAuth1Record(
    name="jira",
    title="Jira",
    request_token_url="/plugins/servlet/oauth/request-token",
    authorize_url="/plugins/servlet/oauth/authorize",
    access_token_url="/plugins/servlet/oauth/access-token",
    request_method="GET",
    profile_url="/rest/api/2/myself",
    fields=Fields(subject="key"),
)
""",
        "the addresses are the provider's",
        "request_method is GET, and Jira takes POST.\n       signature_method is HMAC-SHA1, and Jira takes RSA-SHA1.\n",
    ),
    "an issuer with a slash at its end": (
        """
del EXAMPLE
from valetkey.protocols.discovery import ServerMetadata
from valetkey.providers.record import OpenIDRecord

twitch = OpenIDRecord(
    name="twitch",
    title="Twitch",
    metadata=ServerMetadata(
        issuer="https://id.twitch.tv/oauth2/",
        authorize_url="https://id.twitch.tv/oauth2/authorize",
        token_url="https://id.twitch.tv/oauth2/token",
        keys_url="https://id.twitch.tv/oauth2/certs",
    ),
    scopes=("openid", "user:read:email"),
    client_authentication="post",
)
""",
        "the addresses are the provider's",
        "keys_url is https://id.twitch.tv/oauth2/certs, and Twitch has https://id.twitch.tv/oauth2/keys.\n"
        "       issuer is https://id.twitch.tv/oauth2/, and Twitch has https://id.twitch.tv/oauth2.",
    ),
}


@pytest.mark.parametrize("mistake", BROKEN)
def test_a_record_with_a_mistake(tmp_path: Path, mistake: str) -> None:
    code, name, says = BROKEN[mistake]
    result = check(tmp_path, code)
    assert result.exit_code == 1, result.output
    assert f"FAILS  {name}" in result.output
    assert says in result.output
    assert result.output.splitlines()[-1] != "30 of 30 checks hold"


def test_ids_that_are_unique_everywhere(tmp_path: Path) -> None:
    result = check(
        tmp_path, "IDS_ARE_GLOBAL = True\nacorn = OAuth2Record(**GOOD, fields=Fields(**{**FIELDS, 'scope': None}))"
    )
    assert result.exit_code == 0, result.output


def test_one_of_several(tmp_path: Path) -> None:
    (tmp_path / "several.py").write_text(f"{HEAD}{GOOD}\nother = OAuth2Record(**GOOD, fields=Fields(**FIELDS))")
    assert run(f"{tmp_path / 'several.py'}:other").exit_code == 0
    assert "has no third" in run(f"{tmp_path / 'several.py'}:third").output


@pytest.mark.parametrize(
    "code",
    [
        "import sys; sys.exit()",
        "raise SystemExit(0)",
        "def acorn() -> Provider: raise SystemExit(0)",
        "def describe(reply): raise SystemExit(0)\nacorn = OAuth2Record(**GOOD, describe=describe)",
    ],
)
def test_a_file_that_ends_the_process_has_not_passed(tmp_path: Path, code: str) -> None:
    result = check(tmp_path, code)
    assert (result.exit_code, result.output.splitlines()[-1]) == (1, "0 of 30 checks hold")
    assert "SystemExit" in result.output


def test_an_id_in_other_letters_is_another_user(tmp_path: Path) -> None:
    """Many providers give out ids in which case counts."""
    lowered = "lambda value: subject_of(value).lower()"
    result = check(tmp_path, f"acorn = OAuth2Record(**GOOD, fields=Fields(**FIELDS, id={lowered}))")
    assert "FAILS  large ids and odd spellings are not joined" in result.output
    assert "in `user.id` are one account, and may be two users" in result.output
    assert "29 of 30 checks hold" in result.output
