"""Our side of the bench: the least app there is, over the same provider and the same kind of database."""

from __future__ import annotations

import os

from starlette.applications import Starlette

from valetkey import Secret, Settings
from valetkey.frameworks.starlette import SignIn
from valetkey.providers.oidc import oidc
from valetkey.providers.twitter import twitter

provider = (
    oidc("acme", issuer=os.environ["PROVIDER"], client_id="ck", client_secret=Secret("cs"))
    if os.environ.get("WITH") == "acme"
    else twitter(key="ck", secret=Secret("cs"), base=os.environ["PROVIDER"])
)
sign_in = SignIn(
    Settings(
        url=f"http://127.0.0.1:{os.environ['PORT']}",
        secrets=(Secret("xiwVkNIJe8M6aZA0BueefmLAXq18DMZidEGDB1dhwicpR3OW"),),
        providers=(provider,),
        database=f"sqlite:///{os.environ['DB']}",
    )
)
app = Starlette(routes=sign_in.routes, lifespan=sign_in.lifespan)
