"""valetkey beside a user model of the project's own, which has no user name: ``people.sign_in.resolve_account`` says
whose user an account is."""

import os

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
app = get_wsgi_application()
call_command("migrate", verbosity=0)
call_command("check")
