"""Wikipedia and its sister projects, or another MediaWiki, over OAuth 1.0a (mediawiki.org/wiki/OAuth/For_Developers).

The reply to the profile request is a token that the wiki signs with the consumer secret. ``sub`` is the number of the
account, which never changes. On the wikis of Wikimedia it is the same in all projects. It is 0 for an account that has
no such number, and 0 is refused.
"""

from .record import Colors, Fields, OAuth1Record, decimal

_WIKI = "https://meta.wikimedia.org/w/index.php?title=Special:OAuth"

wikimedia = OAuth1Record(
    name="wikimedia",
    title="Wikimedia",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M20.07 3.13a12 12 0 1 1-16.15 0L6.2 5.39A8.78 8.78 0 0 0 12 20.8a8.8 8.8 0 0 0 5.8-15.4zm-3.4 3.4a7.19 7.19 0 "
        "0 1-3.87 12.63V10.4zM11.2 19.16A7.2 7.2 0 0 1 7.33 6.53l3.87 3.87zM12 0a4 4 0 1 1 0 8 4 4 0 0 1 0-8"
    ),
    # foundation.wikimedia.org/wiki/Wikimedia_visual_identity_guidelines
    colors=Colors(light=("#000000", "#ffffff"), dark=("#ffffff", "#000000")),
    # The names of the special pages stand in the query, which is signed: a wiki redirects /wiki/Special:OAuth.
    request_token_url=f"{_WIKI}/initiate",
    authorize_url=f"{_WIKI}/authenticate",
    access_token_url=f"{_WIKI}/token",
    authorize_parameters={"display": "popup"},  # a page without the frame of the wiki
    consumer_key_parameter="oauth_consumer_key",
    refusal_prefix="Error: ",  # with status 200, and then a sentence in the language of the wiki
    profile_url=f"{_WIKI}/identify",
    profile_method="POST",
    profile_format="jwt",
    fields=Fields(
        subject="sub", id=decimal, handle="username", name="realname", email="email", verified="confirmed_email"
    ),
    has_other_servers=True,
)

RECIPE = wikimedia.recipe(
    keys_from="https://meta.wikimedia.org/wiki/Special:OAuthConsumerRegistration/propose/oauth1a",
    steps=(
        "Propose an OAuth 1.0a consumer. Leave *This consumer is for use only by* empty.",
        'Enter the callback URL, and tick *Allow consumer to specify a callback in requests and use "callback" '
        "URL above as a required prefix*.",
        "Choose *User identity verification only*, with access to the real name and the e-mail address if the app "
        "needs them. Give no RSA key.",
        "Until an administrator approves the consumer, its owner alone can sign in.",
    ),
    notes=(
        "The e-mail address is verified. Wikimedia gives it out only with *access to real name and email address*.",
        "`VALETKEY_WIKIMEDIA_BASE` names another wiki with Extension:OAuth, whose `index.php` must be at `/w`. The "
        "subject then begins with its host.",
        "A user who cancels stays on a page of the wiki, and closes the window.",
        "The wiki accepts a clock that is wrong by at most five minutes.",
    ),
    unverified=("The form at the portal may have other labels.",),
)
