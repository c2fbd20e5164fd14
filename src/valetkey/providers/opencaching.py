"""Opencaching, over OAuth 1.0a (github.com/opencaching/okapi). Each country's site has its own keys and users."""

from .record import Colors, Fields, OAuth1Record

opencaching = OAuth1Record(
    name="opencaching",
    title="Opencaching",
    icon=(  # our own drawing: a compass
        "M12 1a11 11 0 1 0 0 22a11 11 0 0 0 0-22zm5.5 5.5l-3.5 7.5l-7.5 3.5l3.5-7.5z"
    ),
    colors=Colors(light=("#006e3c", "#ffffff"), dark=("#006e3c", "#ffffff")),  # our own choice
    request_token_url="/okapi/services/oauth/request_token",
    authorize_url="/okapi/services/oauth/authorize",
    access_token_url="/okapi/services/oauth/access_token",
    profile_url="/okapi/services/users/user?fields=uuid%7Cusername",
    fields=Fields(subject="uuid", handle="username"),
    choose_account="interactivity=confirm_user",
)

RECIPE = opencaching.recipe(
    keys_from="https://opencaching.pl/okapi/signup.html",
    steps=(
        "Choose the site, such as `https://opencaching.pl` or `https://www.opencaching.de`, and set "
        "`VALETKEY_OPENCACHING_BASE` to its address.",
        "Register your app at the path `/okapi/signup.html` of that site. The keys come by mail.",
    ),
    notes=(
        "The sites do not share their users.",
        "A user who has agreed once is not asked again.",
    ),
)
