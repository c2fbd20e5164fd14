"""The line at the foot of an example's page: whether this is X or the sandbox. It is not a part of valetkey."""

from valetkey import Settings

X = "https://api.x.com"


def behind(settings: Settings) -> str:
    shown = settings.providers[0].authorize_origin
    if shown == X:
        return "This page uses X."
    return f"This page uses a sandbox in place of X: {shown}"
