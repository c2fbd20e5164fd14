"""What P does in the modules of ``conformance``, and how a client is seen to accept or refuse it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

from support.hostile import ABSENT, Grant, Hostile, changed
from support.hostile_http import Reply
from support.in_process import InProcess
from support.jose import SharedKey, key, token
from support.with_p import a_person, refuses, signs_in, stays_out

Play: TypeAlias = Callable[[Callable[[], InProcess], Hostile], None]
Prepare: TypeAlias = Callable[[Hostile], None]
WEEK = 7 * 86_400
SPARSE: dict[str, object] = dict.fromkeys(("preferred_username", "name", "picture", "email", "email_verified"), ABSENT)


def accepted(prepare: Prepare, then: Prepare | None = None) -> Play:
    """The client signs the user in. ``then`` looks at the journal."""

    def play(new: Callable[[], InProcess], p: Hostile) -> None:
        prepare(p)
        signs_in(new(), p)
        if then is not None:
            then(p)

    return play


def refused(prepare: Prepare, *calls: str) -> Play:
    """The client signs nobody in, and asks P for no more than this. Without the fault, it does."""

    def play(new: Callable[[], InProcess], p: Hostile) -> None:
        prepare(p)
        app = new()
        refuses(app, p, calls=calls or ("token",))
        for name in ("claims", "header", "callback", "token_fields"):
            setattr(p, name, {})
        p.make_id_token, p.keys = None, [p.signing]
        p.restore("userinfo")
        signs_in(app, p)

    return play


def says(**changes: dict[str, object]) -> Prepare:
    """P changes members: of ``claims``, ``header``, ``token_fields``, ``callback`` or ``metadata``."""

    def prepare(p: Hostile) -> None:
        for name, members in changes.items():
            setattr(p, name, members)

    return prepare


def claims(**members: object) -> Prepare:
    return says(claims=members)


def times(**seconds: float) -> Prepare:
    return lambda p: claims(**{name: int(time.time() + value) for name, value in seconds.items()})(p)


def signed(write: Callable[[Hostile, dict[str, object], dict[str, object]], str]) -> Prepare:
    """P writes its ID tokens so, from the header and the claims that it would have."""

    def prepare(p: Hostile) -> None:
        def make(grant: Grant, header: dict[str, object], claims: dict[str, object]) -> str:
            return write(p, header, claims)

        p.make_id_token = make

    return prepare


def damaged(alg: str) -> Prepare:
    """The signature of a token of this algorithm, with its first octets changed."""

    def write(p: Hostile, header: dict[str, object], claims: dict[str, object]) -> str:
        signer = SharedKey(p.client_secret.encode()) if alg == "HS256" else p.signing
        head, body, signature = token({**header, "alg": alg}, claims, signer, alg).split(".")
        return f"{head}.{body}.{'A' * 8}{signature[8:]}"

    def prepare(p: Hostile) -> None:
        if alg == "ES256":
            p.metadata = {"id_token_signing_alg_values_supported": [alg]}
            p.signing = key("ES256", "es", 1)
            p.keys = [p.signing]
        signed(write)(p)

    return prepare


def unsigned(p: Hostile, header: dict[str, object], claims: dict[str, object]) -> str:
    return token({"alg": "none"}, claims, None, "none")


def of_another_algorithm(p: Hostile) -> None:
    """A sound signature of a published key, by an algorithm that was not agreed."""
    other = key("ES256", "other", 2)
    p.keys = [p.signing, other]
    signed(lambda p, header, claims: token({**header, "alg": "ES256", "kid": "other"}, claims, other, "ES256"))(p)


def several_without_kid(p: Hostile) -> None:
    p.header = {"kid": ABSENT}
    p.keys = [changed(one.jwk, {"kid": ABSENT}) for one in (p.signing, key("RS256", "second", 3))]


def one_without_kid(p: Hostile) -> None:
    p.header = {"kid": ABSENT}
    p.keys = [changed(p.signing.jwk, {"kid": ABSENT})]


def userinfo(reply: Callable[[dict[str, object]], Reply]) -> Prepare:
    """The ID token lacks a name, and the UserInfo endpoint answers so."""

    def prepare(p: Hostile) -> None:
        p.claims = dict(SPARSE)
        p.replace("userinfo", lambda request, usual: reply(dict(p.grants[-1].person)))

    return prepare


def lands_without_userinfo(prepare: Prepare) -> Play:
    """The reply is no use. The ID token has said who it is, so the user is signed in, without a name."""

    def play(new: Callable[[], InProcess], p: Hostile) -> None:
        prepare(p)
        app, who = new(), a_person()
        profile = app.browser()
        assert profile.return_from(p, profile.begin_at("acme"), who).status == 303
        (identity,) = profile.account()["identities"]
        assert (identity["subject"], identity["name"], identity["email"]) == (who["sub"], None, None)
        (asked,) = p.calls("userinfo")
        assert (asked.method, asked.body) == ("GET", b"")

    return play


def basic_only(p: Hostile) -> None:
    p.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_basic"]}
    p.checks = {"client"}


def sent_basic(p: Hostile) -> None:
    (sent,) = p.calls("token")
    assert sent.headers["authorization"].startswith("Basic ")
    assert sent.field("client_secret") is None


def asked_for_claims(p: Hostile) -> None:
    assert p.grants[-1].start["scope"].split() == ["openid", "profile", "email"]
    (asked,) = p.calls("userinfo")
    assert asked.headers["authorization"] == f"Bearer {p.grants[-1].access_token}"
    assert asked.query == []


def sparse_and_strict(p: Hostile) -> None:
    p.claims, p.checks = dict(SPARSE), {"token"}


def nonce_was_sent(p: Hostile) -> None:
    assert len(p.grants[-1].start["nonce"]) >= 22


def read_the_documents(p: Hostile) -> None:
    assert [one.endpoint for one in p.journal] == ["discovery", "keys", "authorize", "token"]


def keys_elsewhere(p: Hostile) -> None:
    p.metadata = {"jwks_uri": f"{p.origin}/another/place/keys"}


def keys_were_read_there(p: Hostile) -> None:
    assert [one.path for one in p.calls("keys")] == ["/another/place/keys"]


def issuer_mismatch(new: Callable[[], InProcess], p: Hostile) -> None:
    """Before any redirect: the start itself fails."""
    p.metadata = {"issuer": f"{p.origin}/acme/other"}
    app = new()
    profile = app.browser()
    begun = profile.begin_at("acme")
    assert (begun.send_to, begun.answer.status) == ("", 502)
    assert [one.endpoint for one in p.journal] == ["discovery"]
    stays_out(profile)
    p.metadata = {}
    signs_in(app, p)


def rotate(p: Hostile) -> None:
    p.signing = key("RS256", "rotated", 4)
    p.keys = [p.signing]


def rotation(new: Callable[[], InProcess], p: Hostile) -> None:
    """Between two logins."""
    app = new()
    signs_in(app, p)
    rotate(p)
    signs_in(app, p)
    assert len(p.calls("keys")) == 2


def rotation_just_before_signing(new: Callable[[], InProcess], p: Hostile) -> None:
    """Inside a login, after its start has read the keys."""
    app, who = new(), a_person()
    profile = app.browser()
    begun = profile.begin_at("acme")
    assert len(p.calls("keys")) == 1
    rotate(p)
    assert profile.return_from(p, begun, who).status == 303
    assert profile.account()["identities"][0]["subject"] == who["sub"]
    assert len(p.calls("keys")) == 2


def form_post_error(new: Callable[[], InProcess], p: Hostile) -> None:
    """An error that comes by a form: the cancel is shown."""
    app = new()
    profile = app.browser()
    begun = profile.begin_at("acme")
    posted = profile.post_back("/auth/acme/return", [("error", "access_denied"), ("state", begun.token)])
    assert profile.visit(posted.header("location") or "").code == "denied"
    assert profile.collect(begun.login).json()["login"]["state"] == "denied"
    assert p.calls("token") == []
    signs_in(app, p)


def third_party_init_login(new: Callable[[], InProcess], p: Hostile) -> None:
    """Not offered: another site begins no login here, whatever it sends."""
    app = new()
    query = f"iss={p.origin}/acme&login_hint=ada&target_link_uri=https://evil.test/"
    profile = app.browser()
    assert profile.visit(f"/auth/acme?{query}").code == "bad_request"
    answer = profile.submit("/auth/acme", {"iss": f"{p.origin}/acme"}, Origin=p.origin, Sec_Fetch_Site="cross-site")
    assert (answer.status, answer.send_to) == (403, "")
    assert (p.journal, profile.cookies) == ([], {})
    signs_in(app, p)


def wrong_callback(change: Callable[[Hostile], dict[str, object]], promised: bool = False) -> Play:
    """The callback is refused before the token call, and the honest one lands."""

    def play(new: Callable[[], InProcess], p: Hostile) -> None:
        p.metadata = {"authorization_response_iss_parameter_supported": promised}
        app = new()
        profile = app.browser()
        begun = profile.begin_at("acme")
        p.forget()
        p.callback = change(p)
        assert profile.return_from(p, begun).code
        stays_out(profile)
        assert p.calls() == []
        p.callback = {"iss": f"{p.origin}/acme"} if promised else {}
        signs_in(app, p)

    return play


def nothing(p: Hostile) -> None:
    """Everything is right."""


def body_instead(person: dict[str, object]) -> Reply:
    return Reply(401, {"error": "invalid_request"}, {"WWW-Authenticate": 'Bearer error="invalid_request"'})


def as_a_jwt(person: dict[str, object]) -> Reply:
    signer = key("RS256", "userinfo", 5)
    text = token({"alg": "RS256"}, {**person, "name": "Mallory"}, signer, "RS256")
    return Reply(body=text.encode(), headers={"Content-Type": "application/jwt"})


def elsewhere(p: Hostile, **source: object) -> dict[str, object]:
    return {"_claim_names": {"email": "src1", "name": "src1"}, "_claim_sources": {"src1": source}}


def aggregated(p: Hostile) -> None:
    p.claims = elsewhere(p, JWT=token({"alg": "none"}, {"email": "victim@example.com"}, None, "none"))


def no_request_elsewhere(p: Hostile) -> None:
    assert p.calls("other") == []


def distributed_claims(p: Hostile) -> None:
    p.claims = elsewhere(p, endpoint=f"{p.origin}/claims", access_token="x")
