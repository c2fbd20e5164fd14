from valetkey import Identity, SignInRefused
from valetkey.frameworks.django import users

from .models import Person


def resolve_account(identity: Identity, account_id: str) -> Person:
    """valetkey calls it at every sign-in, before the session opens, maybe twice at once for the same account.

    valetkey's own function creates the person, with the verified address of the provider.
    """
    if identity.handle == "suspended":
        raise SignInRefused("banned", "You have been banned here.")
    person = users.resolve_account(identity, account_id)
    nickname = (identity.handle or identity.name or "")[:50]
    if person.nickname != nickname:
        person.nickname = nickname
        person.save(update_fields=["nickname"])
    return person
