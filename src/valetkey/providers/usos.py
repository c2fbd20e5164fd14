"""USOS, the study system of Polish universities, over OAuth 1.0a (apps.usos.edu.pl/developers/api/services/oauth).

Each university has its own server, keys and numbers of users.
"""

from .record import Colors, Fields, OAuth1Record

usos = OAuth1Record(
    name="usos",
    title="USOS",
    icon=(  # our own drawing: a graduate's hat
        "M12 3L1 9l11 6l9-4.9V17h2V9zM5 13.3V17c0 2 3.5 4 7 4s7-2 7-4v-3.7l-7 3.8z"
    ),
    colors=Colors(light=("#00529b", "#ffffff"), dark=("#00529b", "#ffffff")),  # our own choice
    request_token_url="/services/oauth/request_token",
    authorize_url="/services/oauth/authorize",
    access_token_url="/services/oauth/access_token",
    request_parameters={"scopes": "email"},
    profile_url="/services/users/user?fields=id%7Cfirst_name%7Clast_name%7Cemail",
    fields=Fields(subject="id", name=("first_name", "last_name"), email="email"),
)

RECIPE = usos.recipe(
    keys_from="https://apps.usos.edu.pl/developers/api/definitions/installations/",
    steps=(
        "Find the university's USOS API in the list, and register your app at its page *Developers*.",
        "Set `VALETKEY_USOS_BASE` to its address, such as `https://usosapps.uw.edu.pl`.",
        "The consumer key and the consumer secret come by mail.",
    ),
    notes=("The e-mail address is the one in the university's records.",),
    unverified=(
        "No page of USOS's shows how it sends back a user who refuses. valetkey reads `error=access_denied`, as "
        "Opencaching sends it, which has the same authors.",
        "The fields at the portal may have other names.",
    ),
)
