"""valetkey in a Django project: an app, a middleware, a line in the urls, and a template tag."""

import os

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
app = get_wsgi_application()
call_command("migrate", verbosity=0)
call_command("check")
