"""Our side of the bench: the least app there is, over the same provider and the same kind of database."""

from __future__ import annotations

import os

from starlette.applications import Starlette

from valetkey import Secret, Settings
from valetkey.frameworks.starlette import SignIn
from valetkey.providers.twitter import twitter

sign_in = SignIn(
    Settings(
        callbacks={"twitter": (f"http://127.0.0.1:{os.environ['PORT']}/auth/twitter",)},
        secrets=(Secret("xiwVkNIJe8M6aZA0BueefmLAXq18DMZidEGDB1dhwicpR3OW"),),
        providers=(twitter(key="ck", secret=Secret("cs"), base=os.environ["PROVIDER"]),),
        database=f"sqlite:///{os.environ['DB']}",
    )
)
app = Starlette(routes=sign_in.routes, lifespan=sign_in.lifespan)
