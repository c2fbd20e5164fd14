"""valetkey in a Django project with its own user model, which has no user name.

``people.sign_in.resolve_account`` gets or creates the user of an account.
"""

import os

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
app = get_wsgi_application()
call_command("migrate", verbosity=0)
call_command("check")
