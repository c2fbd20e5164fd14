"""How providers without ID tokens write their profiles: one person's claims in each one's shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Claims = Mapping[str, object]


def _github(person: Claims) -> object:
    subject = person.get("sub")
    return {
        "id": int(subject) if isinstance(subject, str) and subject.isdecimal() else subject,
        "login": person.get("preferred_username"),
        "name": person.get("name"),
        "avatar_url": person.get("picture"),
        "email": None,
    }


def _github_emails(person: Claims) -> object:
    one = {"email": person.get("email"), "primary": True, "verified": person.get("email_verified", False)}
    return [one] if person.get("email") else []


def _discord(person: Claims) -> object:
    return {
        "id": person.get("sub"),
        "username": person.get("preferred_username"),
        "global_name": person.get("name"),
        "avatar": None,
        "email": person.get("email"),
        "verified": person.get("email_verified", False),
    }


def _x(person: Claims) -> object:
    return {
        "data": {
            "id": person.get("sub"),
            "username": person.get("preferred_username"),
            "name": person.get("name"),
            **({"confirmed_email": person["email"]} if person.get("email_verified") is True else {}),
        }
    }


def _facebook(person: Claims) -> object:
    picture = {"picture": {"data": {"url": person["picture"]}}} if person.get("picture") else {}
    return {"id": person.get("sub"), "name": person.get("name"), "email": person.get("email"), **picture}


# The end of a path -> its endpoint's name, and the reply's shape. The first that fits counts.
PROFILES: dict[str, tuple[str, Callable[[Claims], object]]] = {
    "/userinfo": ("userinfo", dict),
    "/user/emails": ("emails", _github_emails),
    "/user": ("profile", _github),
    "/users/@me": ("profile", _discord),
    "/2/users/me": ("profile", _x),
    "/me": ("profile", _facebook),
}
