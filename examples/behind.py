"""What the page of an example says about the X behind it. Nothing of valetkey's."""

from valetkey import Settings

X = "https://api.x.com"


def behind(settings: Settings) -> str:
    shown = settings.providers[0].authorize_origin
    if shown == X:
        return "Behind this is X."
    return f"The X behind this page is not the real one: {shown}"
