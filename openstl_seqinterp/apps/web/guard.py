"""What every answer of the page's server says, and which requests it does not answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

# A browser then loads nothing from elsewhere, whatever the page asks for. Gradio makes functions of templates, and
# styles of themes, while it runs.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
LOCAL = ("127.0.0.1", "localhost")


class _Headers:
    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", ()), *headers]}
            await send(message)

        await self.app(scope, receive, sending if scope["type"] == "http" else send)


def middleware(host: str) -> Sequence[Middleware]:
    """For a server at ``host``. One of this machine alone answers to its names alone: no site may lend it another."""
    trusted = [Middleware(TrustedHostMiddleware, allowed_hosts=LOCAL)]
    return [Middleware(_Headers), *(trusted if host in LOCAL else [])]
