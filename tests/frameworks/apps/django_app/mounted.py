"""The project as a part of another app, for servers of either kind."""

from starlette.applications import Starlette
from starlette.routing import Mount
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from django_app.asgi import application as asgi_application
from django_app.wsgi import application as wsgi_application

wsgi = DispatcherMiddleware(NotFound(), {"/app": wsgi_application})
asgi = Starlette(routes=[Mount("/app", app=asgi_application)])
