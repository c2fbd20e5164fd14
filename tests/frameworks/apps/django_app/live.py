"""With Django Channels: a consumer that says who it is, also later, and one that signs out."""

import os
from typing import Any

from valetkey.frameworks.django.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_app.settings")
pages = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from valetkey.frameworks.django.channels import SignInMiddleware, session_of, sign_out  # noqa: E402


class Echo(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        if self.scope["user"].is_anonymous:
            await self.close(4401)
        else:
            await self.accept()

    async def receive(self, text_data: str = "", bytes_data: Any = None) -> None:
        if text_data == "leave":
            await sign_out(self.scope)
        session = await session_of(self.scope)
        handle = session.account.handle if session else "nobody"
        await self.send(f"{self.scope['user'].username}, {handle}: {text_data}")


routes = URLRouter([path("ws", Echo.as_asgi())])
application = ProtocolTypeRouter({"http": pages, "websocket": AuthMiddlewareStack(SignInMiddleware(routes))})
