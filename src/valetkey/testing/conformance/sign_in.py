"""Does it sign users in, and is each user one account?"""

from __future__ import annotations

from collections.abc import Iterator

from .candidate import Candidate, Seen
from .check import Check, Note
from .watching import shown

_MOST_SHOWN = 12


def signs_in(candidate: Candidate) -> Iterator[str]:
    """A user approves, and is signed in."""
    if candidate.first.outcome.landed:
        return
    yield f"The login failed. {candidate.first.said()}{_unread(candidate.first)}"
    with candidate.lenient():  # where a strict provider stops at the first mistake
        seen = candidate.signs_in()
    known = {one.get("reason") for one in candidate.first.journal}
    for reason in (reason for one in seen.journal for reason in one.get("overlooked", ()) if reason not in known):
        yield f"A lenient provider overlooks this, a strict one does not: {reason}."


def _unread(seen: Seen) -> str:
    """What the record looked for in vain, and what there is, if the reply has no usable id."""
    if seen.outcome.error != "provider_reply_invalid" or not seen.missed:
        return ""
    there = [shown(one) for one in seen.replies.leaves()][:_MOST_SHOWN]
    return f" The record reads {', '.join(map(shown, seen.missed))}, and the reply has {', '.join(there) or 'nothing'}."


def is_accepted(candidate: Candidate) -> Iterator[str]:
    """A strict provider accepts every request."""
    for reason in candidate.first.reasons:
        yield f"The sandbox refused a request. {reason}."


def reads_what_is_there(candidate: Candidate) -> Iterator[str]:
    """The address that the record reads is in the reply."""
    identity, scope = candidate.first.outcome.identity, candidate.front.get("email_scope")
    asked = " ".join(str(one.get("scope")) for one in candidate.first.journal)
    if identity is None or identity.email is not None or candidate.may_lack_email or not scope or scope in asked:
        return
    for path in candidate.first.missed:
        if "mail" in str(path[-1]):
            yield (
                f"The record reads the e-mail address at {shown(path)}, and the reply has none. Ask for the scope "
                f"{scope!r}, in scopes; or leave the address out of the record."
            )


def keeps_the_account(candidate: Candidate) -> Iterator[str]:
    """A second login of one user."""
    again = candidate.signs_in()
    if again.outcome.account != candidate.first.outcome.account:
        yield f"The same user signed in again, and was another account. {again.said()}"


def tells_users_apart(candidate: Candidate) -> Iterator[str]:
    """The first login of another user."""
    second = candidate.signs_in("second")
    if not second.outcome.landed:
        yield f"The login of another user failed. {second.said()}"
    elif second.outcome.account == candidate.first.outcome.account:
        yield "Two users share one account: the subject is the same for both."


def survives_a_new_name(candidate: Candidate) -> Iterator[str]:
    """The user has another handle, name and e-mail address, and the same id."""
    renamed = candidate.signs_in("renamed")
    if renamed.outcome.account == candidate.first.outcome.account:
        return
    paths = [one for one in candidate.first.replies.subject_paths() if one in renamed.replies.leaves()]
    moved = [shown(one) for one in paths if candidate.first.replies.value(one) != renamed.replies.value(one)]
    where = f" The subject is read from {' and '.join(moved)}, which the user can change." if moved else ""
    yield f"A user who changed the handle, the name and the e-mail address is another account.{where} {renamed.said()}"


def may_be_cancelled(candidate: Candidate) -> Iterator[str]:
    """The user presses Cancel."""
    browser = candidate.app.browser()
    callback = candidate.approved(candidate.started(browser), cancel=True)
    if not callback.url:
        yield Note("The provider sends nobody back who cancels. The user closes the window.")
        return
    outcome = browser.come_back(callback)
    if outcome.error != "denied":
        seen = candidate.seen(outcome)
        yield f"The user cancelled, which must end as denied. {seen.said()} See cancel_errors."


CHECKS = (
    Check(
        "a user signs in",
        signs_in,
        "the addresses, the scopes, client_authentication and the function that reads the user",
        needs_login=False,
    ),
    Check(
        "the provider accepts every request",
        is_accepted,
        "the protocol's arguments: scopes, client_authentication, headers",
    ),
    Check("the reply has what the record reads", reads_what_is_there, "scopes"),
    Check(
        "the same user is the same account",
        keeps_the_account,
        "the subject: it must not hold anything that changes from login to login",
    ),
    Check("another user is another account", tells_users_apart, "the subject"),
    Check(
        "a renamed user keeps the account",
        survives_a_new_name,
        "the subject: an id that never changes, and no handle, name or e-mail address",
    ),
    Check("Cancel ends as denied", may_be_cancelled, "cancel_errors"),
)
