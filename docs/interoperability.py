"""Writes docs/interop.md from a run of tests/interop: ``./run docs interop``.

Each cell of its tables stands for a test. ``tests/house/test_interop.py`` checks that the page names every program that
takes part, with the version that is locked, and that no cell is empty. It runs with tests/ in its PYTHONPATH.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias
from xml.etree import ElementTree

from interop.partners import PARTNERS, Partner
from interop.peers import FRONTS, PEERS, Peer

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "interop.md"

Passed: TypeAlias = Callable[..., bool]
"""Says of a test, by its name and what it was played with (``server``, ``client``, ``front``), whether it passed."""

INTRODUCTION = """\
<!-- ./run docs interop writes this page from a run of tests/interop -->
# Interoperability

`./run test` installs programs that others wrote, by exact version, and signs in with them. Nothing is skipped: a
program that is missing fails its tests. What is known of each program is itself a test, so that none passes only
because the other side checks nothing.

To play it: `./run test tests/interop`. To write this page: `./run docs interop`.
"""

SERVERS = """\
## valetkey, and servers that others wrote

`valetkey serve` has the server as its only provider. A user signs in, consents or cancels on the server's own pages. A
gate before the server keeps a journal of what it is asked.

- **signs in**: subject, handle, name and e-mail address are the server's; a second sign-in is the same account.
- **cancel**: the login ends as `denied`, and nothing is exchanged.
- **wrong secret**: the login ends as `wrong_keys` after one exchange.
- **other callback**: the server sends nobody to a callback that is not registered with it.
- **replay**: a callback that arrives again, in the same browser or in another, makes no session and no exchange.
- **lost reply**: the reply to the token request is lost. The login goes through the server once more, and lands.
- **code again**: somebody sends the same token request again. The server refuses it, and the session here stays.
"""

FEATURES = """\
## What a server does in its own way

Each entry is a test of the server by itself, with a client that is not ours.
"""

SWAPPED = """\
valetkey signs in by form_post at `oidc-provider` and at emulate's Apple. The keys of `nanoidp` rotate while it runs,
between two logins and inside one: the login lands, and costs one more request for keys
([test_features.py](../tests/interop/test_features.py)).

canaille keeps its data in memory here, and then really confuses two users who sign in at the same time: it looks for
*this code* and *this client*, and takes a code that meets one of the two. A client without PKCE and nonce is given the
other user's ID token in about half of all cases. With valetkey, nobody is signed in as another user: the server refuses
the code because of PKCE, and where PKCE is taken away, the nonce refuses the ID token ([O35](threats.md),
[test_swapped_users.py](../tests/interop/test_swapped_users.py)).
"""

CLIENTS = """\
## The sandbox, and clients that others wrote

`valetkey sandbox` plays the providers, and each client signs the persona `ada` in, with its own checks on. PKCE is
required where the client knows it. The right half says what the client refuses when the sandbox does something wrong;
*does not look* is what it is known not to check. As a control, each client signs in at `oidc-provider`, too.
"""

YES = "yes"


def servers(passed: Passed) -> list[list[str]]:
    """valetkey × servers, one row each."""

    def row(one: Partner) -> list[str]:
        def cell(test: str, known: str = "") -> str:
            return known or (YES if passed(test, server=one.name) else "**FAILS**")

        return [
            one.name,
            one.version,
            cell("test_signs_in_and_again_as_the_same_account"),
            cell("test_cancel_is_denied_and_nothing_is_exchanged", "" if one.can_cancel else "has no such button"),
            cell("test_a_wrong_secret_is_wrong_keys", "" if one.checks_secret else "takes any secret"),
            cell("test_a_callback_that_is_not_registered_brings_nobody_back"),
            cell("test_a_callback_that_is_replayed_is_one_session_and_one_exchange"),
            cell("test_a_reply_that_is_lost_heals_itself"),
            cell("test_a_code_that_somebody_spends_again_ends_no_session"),
        ]

    header = ["server", "version", "signs in", "cancel", "wrong secret", "other callback", "replay", "lost reply"]
    return [[*header, "code again"], *map(row, PARTNERS)]


def features(passed: Passed) -> list[list[str]]:
    """What is particular to each server."""

    def row(one: Partner) -> list[str]:
        def shown(text: str, *tests: str) -> str:
            return text if all(passed(test, server=one.name) for test in tests) else "**FAILS**"

        return [
            one.name,
            shown(one.algorithm or "none", "test_it_signs_a_user_in"),
            shown(
                "required" if one.needs_pkce else "checked" if one.checks_pkce else "not checked",
                "test_it_demands_a_challenge_or_is_known_not_to",
                "test_it_is_strict_about_the_verifier_or_is_known_not_to_be",
            ),
            shown("sent; another one is refused", "test_a_redirect_of_another_issuer_is_refused")
            if one.sends_iss
            else shown("not sent", "test_it_signs_a_user_in"),
            shown("yes" if one.form_post else "no", "test_it_answers_by_form_post_or_is_known_not_to"),
            shown(
                "revokes the first token" if one.revokes else "refuses the second use",
                "test_a_code_is_good_once_and_a_second_use_may_revoke",
            ),
        ]

    header = ["server", "ID token", "PKCE", "`iss` (RFC 9207)", "form_post", "a code used twice"]
    return [header, *map(row, PARTNERS)]


def clients(passed: Passed) -> list[list[str]]:
    """Clients × the sandbox."""

    def row(one: Peer) -> list[str]:
        def cell(test: str, text: str, **more: str) -> str:
            return text if passed(test, client=one.name, **more) else "**FAILS**"

        def refuses(test: str, *, known: bool = True) -> str:
            return cell(test, "refused" if known else "does not look")

        def at(front: str) -> str:
            return cell("test_signs_in", "yes, PKCE" if front in one.sends_pkce else "yes", front=front)

        return [
            one.name,
            one.version,
            *map(at, FRONTS),
            refuses("test_another_nonce_is_refused_or_none_was_sent", known=one.checks_nonce),
            refuses("test_a_strangers_signature_is_refused_or_is_known_not_to_be", known=one.checks_signature),
            refuses("test_another_issuer_is_refused_or_is_known_not_to_be", known=one.checks_iss),
            refuses("test_another_state_is_refused"),
            cell("test_cancel_is_understood", "understood"),
            refuses("test_a_wrong_secret_is_refused"),
            cell("test_control_it_signs_in_at_a_server_that_others_wrote", YES),
        ]

    header = ["client", "version", *FRONTS, "other nonce", "other key", "other `iss`", "other state", "cancel"]
    return [[*header, "wrong secret", "oidc-provider"], *map(row, PEERS)]


def page(passed: Passed) -> str:
    """The whole of docs/interop.md."""
    tables = [_table(rows) for rows in (servers(passed), features(passed), clients(passed))]
    return "\n".join([INTRODUCTION, SERVERS, tables[0], FEATURES, tables[1], SWAPPED, CLIENTS, tables[2]])


def _table(rows: list[list[str]]) -> str:
    header, *others = rows
    lines = [header, ["---"] * len(header), *others]
    return "".join(f"| {' | '.join(cells)} |\n".replace("| --- ", "|---").replace("|---|", "|---|") for cells in lines)


def play() -> Passed:
    """Run tests/interop, and say what has passed."""
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", f"--junitxml={report}"]
        subprocess.run([*command, "tests/interop"], cwd=ROOT, check=False)  # noqa: S603  # our own tests
        cases = ElementTree.parse(report).getroot().iter("testcase")  # noqa: S314  # pytest has written it
        played = [(_named(case), not [*case.iter("failure"), *case.iter("error")]) for case in cases]

    def passed(test: str, **with_what: str) -> bool:
        found = [well for named, well in played if {"test": test, **with_what}.items() <= named.items()]
        return bool(found) and all(found)

    return passed


def _named(case: ElementTree.Element) -> dict[str, str]:
    """What the test was played with, as tests/interop/conftest.py notes it."""
    noted = {one.get("name", ""): one.get("value", "") for one in case.iter("property")}
    return {"test": case.get("name", "").partition("[")[0], **noted}


def main() -> int:
    text = page(play())
    PAGE.write_text(text)
    print(PAGE.relative_to(ROOT))
    return 1 if "FAILS" in text else 0


if __name__ == "__main__":
    sys.exit(main())
