"""Records that are data: what they read, which server they are at, and what cannot work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from valetkey import Profile, Provider, Secret, SettingsError
from valetkey.errors import ProviderReplyInvalid
from valetkey.protocols.discovery import ServerMetadata
from valetkey.providers.record import Fields, OAuth1Record, OAuth2Record, OpenIDRecord, decimal, number, text
from valetkey.providers.record.claims import read_claims, read_userinfo

SECRET = Secret("secret")
FIELDS = Fields(subject="id", handle="login", name="name", email="mail.0.address", verified="mail.0.confirmed")
REPLY: dict[str, Any] = {"id": "7", "login": "ada", "name": "Ada", "mail": [{"address": "a@b.c", "confirmed": True}]}

METADATA = ServerMetadata(
    issuer="https://acme.test",
    authorize_url="https://acme.test/authorize",
    token_url="https://acme.test/token",
    keys_url="https://acme.test/keys",
)


def a_record(**more: Any) -> OAuth2Record:
    facts: dict[str, Any] = {
        "name": "acme",
        "title": "Acme",
        "authorize_url": "https://acme.test/authorize?a=b",
        "token_url": "https://api.acme.test:8443/token",
        "profile_url": "https://api.acme.test:8443/me?fields=id",
        "fields": FIELDS,
    }
    return OAuth2Record(**{**facts, **more})


def test_fields_are_read_by_their_paths() -> None:
    assert FIELDS(REPLY) == Profile(
        subject="7", preferred_username="ada", name="Ada", email="a@b.c", email_verified=True
    )
    assert Fields(subject="id", name=("name", "login"))(REPLY).name == "Ada ada"
    assert Fields(subject="id", name=("none", "login"))(REPLY).name == "ada"
    assert Fields(subject="id", name=("none", "neither"))(REPLY).name is None


@pytest.mark.parametrize("mail", [None, [], {}, "a@b.c", [7], [{}], [{"address": 7, "confirmed": True}], [[]]])
def test_what_a_path_does_not_lead_to_is_left_out(mail: object) -> None:
    profile = FIELDS({**REPLY, "mail": mail})
    assert (profile.subject, profile.email, profile.email_verified) == ("7", None, False)


@pytest.mark.parametrize("flag", ["true", "false", 1, 0, None, [], [1], {"a": 1}])
def test_a_flag_that_is_not_true_verifies_nothing(flag: object) -> None:
    profile = FIELDS({**REPLY, "mail": [{"address": "a@b.c", "confirmed": flag}]})
    assert (profile.email, profile.email_verified) == ("a@b.c", False)


def test_a_provider_that_gives_out_verified_addresses_only() -> None:
    fields = Fields(subject="id", email="mail.0.address", verified=True)
    assert fields(REPLY).email_verified is True
    assert fields({"id": "7"}).email_verified is False  # no address is not a verified one


@pytest.mark.parametrize(
    ("read", "good", "bad"),
    [
        (text, ["7", "00", "a b"], [7, None, "", " ", True, [], {}, "x" * 256, "a\n", "ä", "None", "0"]),
        (number, [7, 2**63], ["7", 0, -1, 7.0, True, None, [], 10**20]),
        (decimal, ["7", "9" * 20], [7, "07", "0", "-1", "7.0", " 7", "٧", "", None, "9" * 21]),
    ],
)
def test_an_id_has_one_spelling(read: Callable[[object], str], good: list[object], bad: list[object]) -> None:
    fields = Fields(subject="a.id", id=read)
    assert [fields({"a": {"id": one}}).subject for one in good] == [str(one) for one in good]
    for one in bad:
        with pytest.raises(ProviderReplyInvalid):
            fields({"a": {"id": one}})
    for reply in ({}, {"a": None}, {"a": []}, {"id": good[0]}):
        with pytest.raises(ProviderReplyInvalid):
            fields(reply)


def test_a_scope_is_part_of_the_subject() -> None:
    fields = Fields(subject="user", scope="team.id")
    assert fields({"user": "U1", "team": {"id": "T1"}}).subject == "T1/U1"
    # Two pairs never make one subject.
    assert fields({"user": "b/c", "team": {"id": "a"}}).subject == "a/b/c"
    for team in ({"id": "a/b"}, {"id": ""}, {"id": None}, {"id": 7}, {}, None):
        with pytest.raises(ProviderReplyInvalid):
            fields({"user": "c", "team": team})


def test_a_reply_that_says_that_it_failed_names_nobody() -> None:
    fields = Fields(subject="id", required={"code": "00"})
    assert fields({"id": "7", "code": "00"}).subject == "7"
    for code in ("01", 0, None):
        with pytest.raises(ProviderReplyInvalid):
            fields({"id": "7", "code": code})
    with pytest.raises(ProviderReplyInvalid):
        fields({"id": "7"})
    # 1 and 1.0 equal True in Python, and are no truth in JSON.
    for wanted, others in ((True, (1, 1.0, "true", False)), (0, (False, 0.0, None))):
        fields = Fields(subject="id", required={"code": wanted})
        assert fields({"id": "7", "code": wanted}).subject == "7"
        for code in others:
            with pytest.raises(ProviderReplyInvalid):
                fields({"id": "7", "code": code})


@pytest.mark.parametrize(
    "wrong",
    [
        *({"handle": "id"}, {"name": "id"}, {"name": ("first", "id")}, {"email": "id"}),
        *({"verified": True}, {"verified": "flag"}),
    ],
)
def test_fields_that_cannot_be_right(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="Fields: "):
        Fields(subject="id", **wrong)


def test_a_base_takes_the_place_of_every_server() -> None:
    provider = a_record(email_url="https://mail.acme.test/all", describe_email=lambda reply: (None, False))(
        client_id="id", client_secret=SECRET, base="http://127.0.0.1:8001/acme"
    )
    assert provider.protocol.authorize_url == "http://127.0.0.1:8001/acme/authorize?a=b"
    assert provider.requested == (
        "http://127.0.0.1:8001/acme/token",
        "http://127.0.0.1:8001/acme/me?fields=id",
        "http://127.0.0.1:8001/acme/all",
    )
    assert provider.describe is not None
    assert provider.describe(REPLY).subject == "7"


def test_a_server_that_the_app_names_is_part_of_the_subject() -> None:
    record = a_record(authorize_url="/authorize", token_url="/token", profile_url="/me")
    one = record(client_id="id", base="https://One.example")
    two = record(client_id="id", base="https://two.example:8443/community")
    assert one.protocol.authorize_url == "https://One.example/authorize"
    assert one.describe is not None and two.describe is not None
    assert one.describe(REPLY).subject == "one.example/7"
    assert two.describe(REPLY).subject == "two.example:8443/community/7"
    with pytest.raises(SettingsError, match="Give its address as base"):
        record(client_id="id")
    variables = {one.name: one.required for one in record.recipe(keys_from="there").variables}
    assert variables["VALETKEY_ACME_BASE"] is True


def test_a_path_of_a_server_and_an_id_with_a_slash_are_told_apart() -> None:
    """A server may be below a path of another one, and an id may be any text."""
    record = a_record(authorize_url="/authorize", token_url="/token", profile_url="/me", fields=Fields(subject="id"))
    subjects = set()
    cases = (("", "a/7"), ("/a", "7"), ("", "a%2F7"), ("/a", "%37"), ("/a", "b/7"), ("/a/b", "7"), ("", "a%252F7"))
    for path, subject in cases:
        provider = record(client_id="id", base=f"https://one.example{path}")
        assert provider.describe is not None
        subjects.add(provider.describe({"id": subject}).subject)
    assert len(subjects) == len(cases)
    assert {"one.example/a%2F7", "one.example/a/7", "one.example/a%252F7"} <= subjects


def test_a_reply_that_names_nobody_still_names_nobody() -> None:
    """The core uses nothing of a reply with an empty subject. With the server alone, it would be somebody."""
    record = OpenIDRecord(
        name="acme",
        title="Acme",
        metadata=METADATA,
        identify=read_claims,
        describe=read_userinfo,
        has_other_servers=True,
    )
    provider = record(client_id="id", client_secret=SECRET, base="https://one.example")
    assert provider.identify is not None and provider.describe is not None
    assert provider.identify({"sub": "7"}).subject == provider.describe({"sub": "7"}).subject == "one.example/7"
    assert provider.describe({"name": "Ada"}).subject == ""


def at_base(base: str) -> Provider:
    return a_record(authorize_url="/authorize", token_url="/token", profile_url="/me")(client_id="id", base=base)


@pytest.mark.parametrize(
    ("base", "server"),
    [
        ("https://ONE.example:443", "one.example"),
        ("http://localhost:80/community", "localhost/community"),
        ("https://one.example:80", "one.example:80"),
        ("https://[2001:DB8::1]:443/a", "[2001:db8::1]/a"),
        ("https://one.example:8443/Community", "one.example:8443/Community"),
    ],
)
def test_a_server_has_one_name(base: str, server: str) -> None:
    """Its name is part of rows in the database. Its addresses stay as they are written: requests are signed."""
    provider = at_base(base)
    assert provider.describe is not None
    assert provider.describe(REPLY).subject == f"{server}/7"
    assert provider.protocol.authorize_url == f"{base}/authorize"


@pytest.mark.parametrize(
    "base",
    [
        *("https://one.example/", "https://one.example/a/", "https://one.example.", "https://one.example.:8443/a"),
        *("https://ada:canary@one.example", "https://canary@one.example/a", "https://one.example?a=b"),
        *("https://one.example/a?b", "https://one.example#a", "https://one example", "https://one.example\\a"),
        *("https://b\u00fccher.example", "https://one.example\n", "one.example", "//one.example", "ftp://one.example"),
        *("https://", "https:///a", "https://one.example:a", "https://one.example:99999", "https://[::1", ""),
        *("https://one.example/a/../b", "https://one.example//a"),
    ],
)
def test_a_base_that_is_no_server(base: str) -> None:
    """A record that is made in Python is checked like a variable. A password must not become part of a subject."""
    with pytest.raises(SettingsError, match="base must be") as fault:
        at_base(base)
    assert "canary" not in str(fault.value.hint)
    with pytest.raises(SettingsError, match="base must be"):
        a_record()(client_id="id", base=base)
    with pytest.raises(SettingsError, match="base must be"):
        an_oauth1_record()(key="key", secret=SECRET, base=base)


def test_who_it_is_comes_from_the_exchange_where_there_is_no_profile() -> None:
    provider = a_record(profile_url=None)(client_id="id", client_secret=SECRET)
    assert (provider.identity_from, provider.identify) == ("exchange", FIELDS)
    provider = a_record()(client_id="id", client_secret=SECRET)
    assert (provider.identity_from, provider.identify, provider.describe) == ("profile", None, FIELDS)
    provider = a_record(identify=lambda claims: Profile(subject="7"))(client_id="id", client_secret=SECRET)
    assert provider.identity_from == "exchange"


def test_whether_an_address_can_be_verified_follows_from_the_fields() -> None:
    assert a_record()(client_id="id").verifies_email is True
    assert a_record(fields=Fields(subject="id", email="email"))(client_id="id").verifies_email is False


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"scopes": ("a b",)},
        {"client_authentication": "both"},
        {"authorize_parameters": {"state": "STATE"}},
        {"token_url": "https://acme.test/#"},
        {"icon": "<svg>"},
        {"fields": None},
    ],
)
def test_a_record_that_cannot_work_is_refused_when_it_is_written_down(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        a_record(**wrong)


def test_openid_written_down_and_by_issuer() -> None:
    written = OpenIDRecord(
        name="acme",
        title="Acme",
        metadata=METADATA,
        other_issuers=("acme.test",),
    )
    provider = written(client_id="id", client_secret=SECRET)
    assert provider.protocol.authorize_url == "https://acme.test/authorize"
    assert provider.identify is not None
    assert provider.identify({"sub": "7", "email": "a@b.c"}).email == "a@b.c"
    elsewhere = written(client_id="id", client_secret=SECRET, base="http://127.0.0.1:8001/acme")
    assert elsewhere.requested == ("http://127.0.0.1:8001/acme/.well-known/openid-configuration",)
    named = OpenIDRecord(name="acme", title="Acme")
    assert [(one.name, one.required) for one in named.recipe(keys_from="there", may_be_public=True).variables] == [
        ("ACME_ISSUER", True),
        ("ACME_CLIENT_ID", True),
        ("ACME_CLIENT_SECRET", False),
        ("ACME_TITLE", False),
    ]
    assert named(client_id="id", issuer="https://a.test/", title="Ours").title == "Ours"
    with pytest.raises(SettingsError, match="issuer must be an address"):
        named(client_id="id")


def an_oauth1_record(**more: Any) -> OAuth1Record:
    facts: dict[str, Any] = {
        "name": "acme",
        "title": "Acme",
        "request_token_url": "/oauth/request",
        "authorize_url": "/oauth/authorize?perms=read",
        "access_token_url": "/oauth/access",
        "fields": Fields(subject="id"),
    }
    return OAuth1Record(**{**facts, **more})


def test_oauth1_at_a_server_that_the_app_names() -> None:
    record = an_oauth1_record()
    provider = record(key="key", secret=SECRET, base="https://one.example")
    assert provider.requested == ("https://one.example/oauth/request", "https://one.example/oauth/access")
    assert provider.protocol.authorize_url == "https://one.example/oauth/authorize?perms=read"
    assert provider.identify is not None
    assert provider.identify({"id": "7"}).subject == "one.example/7"
    assert [(one.name, one.required) for one in record.recipe(keys_from="there").variables] == [
        ("ACME_CONSUMER_KEY", True),
        ("ACME_CONSUMER_SECRET", True),
        ("VALETKEY_ACME_BASE", True),
    ]


def test_oauth1_that_signs_with_a_private_key_reads_one() -> None:
    record = an_oauth1_record(signature_method="RSA-SHA1")
    assert [one.name for one in record.recipe(keys_from="there").variables] == [
        "ACME_CONSUMER_KEY",
        "ACME_PRIVATE_KEY",
        "VALETKEY_ACME_BASE",
    ]
    with pytest.raises(SettingsError, match=r"OAuth 1\.0a: "):
        record(key="key", private_key=Secret("no key"), base="https://one.example")


@pytest.mark.parametrize(
    "wrong",
    [
        {"signature_method": "MD5"},
        {"parameters_in": "body", "request_method": "GET"},
        {"title": ""},
        {"profile_format": "yaml"},
        {"request_parameters": {"oauth_callback": "https://evil.test"}},
    ],
)
@pytest.mark.parametrize("method", ["HMAC-SHA1", "RSA-SHA1"])
def test_an_oauth1_record_that_cannot_work(wrong: dict[str, Any], method: str) -> None:
    """Also where the key that would sign is not there yet."""
    assert an_oauth1_record(signature_method=method)
    with pytest.raises(SettingsError):
        an_oauth1_record(**{"signature_method": method, **wrong})


def test_oauth1_has_no_public_clients() -> None:
    """A recipe that says otherwise is refused when its file is imported."""
    record = OAuth1Record(
        name="acorn",
        title="Acorn",
        request_token_url="https://acorn.example/request",
        authorize_url="https://acorn.example/authorize",
        access_token_url="https://acorn.example/access",
        fields=Fields(subject="id"),
    )
    assert [one.name for one in record.recipe(keys_from="here").variables] == [
        f"{record.name.upper()}_CONSUMER_KEY",
        f"{record.name.upper()}_CONSUMER_SECRET",
        f"VALETKEY_{record.name.upper()}_BASE",
    ]
    with pytest.raises(SettingsError, match="no public clients"):
        record.recipe(keys_from="here", may_be_public=True)
