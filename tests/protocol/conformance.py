"""What the OpenID Foundation's conformance suite does to a relying party, played by P, under the suite's own names.

Each module is one thing that a provider does, and what the client must make of it. The names are those of the plans
``oidcc-client-basic-certification-test-plan``, ``oidcc-client-config-certification-test-plan`` and
``fapi2-security-profile-final-client-test-plan`` (https://gitlab.com/openid/conformance-suite). The suite itself is a
server in Java; nothing of it is here.
"""

from __future__ import annotations

from support.hostile import ABSENT
from support.hostile_http import Reply

from .conformance_plays import (
    WEEK,
    Play,
    accepted,
    aggregated,
    as_a_jwt,
    asked_for_claims,
    basic_only,
    body_instead,
    claims,
    damaged,
    distributed_claims,
    form_post_error,
    issuer_mismatch,
    keys_elsewhere,
    keys_were_read_there,
    lands_without_userinfo,
    no_request_elsewhere,
    nonce_was_sent,
    nothing,
    of_another_algorithm,
    one_without_kid,
    read_the_documents,
    refused,
    rotation,
    rotation_just_before_signing,
    says,
    sent_basic,
    several_without_kid,
    signed,
    sparse_and_strict,
    third_party_init_login,
    times,
    unsigned,
    userinfo,
    wrong_callback,
)

OIDCC: dict[str, Play] = {
    # oidcc-client-basic-certification-test-plan
    "": accepted(nothing),
    "-client-secret-basic": accepted(basic_only, sent_basic),
    "-nonce-invalid": refused(claims(nonce="another")),
    "-scope-userinfo-claims": accepted(sparse_and_strict, asked_for_claims),
    "-invalid-iss": refused(claims(iss="https://evil.test")),
    "-missing-sub": refused(claims(sub=ABSENT)),
    "-invalid-aud": refused(claims(aud="another-client")),
    "-missing-aud": refused(claims(aud=ABSENT)),
    "-missing-iat": refused(claims(iat=ABSENT)),
    "-kid-absent-single-jwks": accepted(one_without_kid),
    "-kid-absent-multiple-jwks": refused(several_without_kid),
    "-idtoken-sig-rs256": accepted(nothing),
    "-idtoken-sig-none": refused(signed(unsigned)),
    "-invalid-sig-rs256": refused(damaged("RS256"), "token", "keys"),
    "-userinfo-bearer-header": accepted(sparse_and_strict, asked_for_claims),
    "-userinfo-bearer-body": lands_without_userinfo(userinfo(body_instead)),
    "-userinfo-invalid-sub": refused(userinfo(lambda person: Reply(body={**person, "sub": "7"})), "token", "userinfo"),
    # oidcc-client-config-certification-test-plan
    "-discovery-openid-config": accepted(nothing, read_the_documents),
    "-discovery-issuer-mismatch": issuer_mismatch,
    "-discovery-jwks-uri-keys": accepted(keys_elsewhere, keys_were_read_there),
    "-signing-key-rotation": rotation,
    "-signing-key-rotation-just-before-signing": rotation_just_before_signing,
    # Of other plans
    "-form-post-error": form_post_error,
    "-invalid-athash": refused(claims(at_hash="x" * 22)),
    "-nonce-unless-code-flow": accepted(nothing, nonce_was_sent),
    "-invalid-sig-hs256": refused(damaged("HS256")),
    "-invalid-sig-es256": refused(damaged("ES256"), "token", "keys"),
    "-userinfo-signed": lands_without_userinfo(userinfo(as_a_jwt)),
    "-aggregated-claims": accepted(aggregated, no_request_elsewhere),
    "-distributed-claims": accepted(distributed_claims, no_request_elsewhere),
    "-3rd-party-init-login": third_party_init_login,
}
FAPI2: dict[str, Play] = {
    "-happy-path": accepted(nothing),
    "-ensure-authorization-response-with-invalid-state-fails": wrong_callback(lambda p: {"state": "another"}),
    "-ensure-authorization-response-with-invalid-missing-state-fails": wrong_callback(lambda p: {"state": ABSENT}),
    "-invalid-authorization-response-iss": wrong_callback(lambda p: {"iss": "https://evil.test"}, promised=True),
    "-remove-authorization-response-iss": wrong_callback(lambda p: {}, promised=True),
    "-invalid-aud": refused(claims(aud="another-client")),
    "-invalid-secondary-aud": refused(lambda p: claims(aud=[p.client_id, "another-client"])(p)),
    "-valid-aud-as-array": accepted(lambda p: claims(aud=[p.client_id])(p)),
    "-invalid-missing-aud": refused(claims(aud=ABSENT)),
    "-invalid-iss": refused(claims(iss="https://evil.test")),
    "-invalid-missing-iss": refused(claims(iss=ABSENT)),
    "-invalid-missing-exp": refused(claims(exp=ABSENT)),
    "-invalid-expired-exp": refused(times(iat=-300, exp=-240)),
    "-invalid-nonce": refused(claims(nonce="another")),
    "-invalid-missing-nonce": refused(claims(nonce=ABSENT)),
    "-invalid-null-alg": refused(signed(unsigned)),
    "-invalid-alternate-alg": refused(of_another_algorithm),
    "-token-type-case-insensitivity": accepted(says(token_fields={"token_type": "bEaReR"})),
    "-token-endpoint-response-without-expires_in": accepted(says(token_fields={"expires_in": ABSENT})),
    "-no-scope-in-token-endpoint-response": accepted(says(token_fields={"scope": ABSENT})),
    "-iat-is-week-in-past": refused(times(iat=-WEEK)),
}
MODULES: dict[str, Play] = {
    **{f"oidcc-client-test{name}": play for name, play in OIDCC.items()},
    **{f"fapi2-security-profile-final-client-test{name}": play for name, play in FAPI2.items()},
}
# Modules of what this client does not do: it keeps no tokens, so there is nothing to refresh and nobody to log out.
NOT_OFFERED = (
    "oidcc-client-test-refresh-token",
    "oidcc-client-test-refresh-token-invalid-issuer",
    "oidcc-client-test-refresh-token-invalid-sub",
    "oidcc-client-test-rp-init-logout",
    "oidcc-client-test-rp-backchannel-rpinitlogout",
    "oidcc-client-test-rp-frontchannel-rpinitlogout",
    "oidcc-client-test-session-management",
)
# What no suite asks, and where it is asked here.
ASKED_ELSEWHERE: dict[str, str] = {
    "lost token replies, repeats, and a reply after the deadline": "tests/attacks/test_o27_lost_reply.py",
    "two nodes": "tests/attacks/test_c52_second_node.py",
    "cookies on form_post": "tests/browser/test_form_post.py",
    "fragments that redirects keep": "tests/browser/test_fragments.py",
    "flags of an address as text": "tests/attacks/test_o19_email_flags.py",
    "what a subject belongs to": "tests/attacks/test_o25_scope_of_ids.py",
    "iss, switched on overnight": "tests/attacks/test_o33_overnight.py",
    "errors at 200": "tests/attacks/test_o24_false_success.py",
    "ten thousand key ids": "tests/attacks/test_o10_rotation.py",
    "secrets in logs": "tests/attacks/test_o28_canary.py",
}
