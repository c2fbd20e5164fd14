"""valetkey in a Django project with its own user model: an e-mail address instead of a user name, and the admin.

``people.sign_in.resolve_account`` gets or creates the user of an account. With ``DJANGO_SUPERUSER_EMAIL`` and
``DJANGO_SUPERUSER_PASSWORD`` in the environment there is a user for the admin.
"""

import os

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
app = get_wsgi_application()
call_command("migrate", verbosity=0)
call_command("check")
email = os.environ.get("DJANGO_SUPERUSER_EMAIL")
if email and not get_user_model().objects.filter(email=email).exists():
    call_command("createsuperuser", interactive=False, verbosity=0)
