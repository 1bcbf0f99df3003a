"""What only matters behind API Gateway."""

from starlette.types import ASGIApp, Receive, Scope, Send

TEXT_TYPES = ["text/", "application/json", "application/problem+json"]
"""Types that go back to the gateway as text; anything else Mangum wraps in base64."""


class StagePath:
    """Middleware: tells the application the path prefix that a REST API's stage adds.

    A caller of ``/Prod/docs`` is seen by the function as ``/docs``, and a page that then refers to
    ``/openapi.json`` would miss the stage. ASGI's ``root_path`` is made for this.

    Parameters
    ----------
    app : ASGI application
        What is told.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI request."""
        event = scope.get("aws.event")
        if event is not None:
            full_path = event.get("requestContext", {}).get("path", "")
            if full_path.endswith(scope["path"]):
                scope["root_path"] = full_path.removesuffix(scope["path"])
                scope["path"] = full_path
        await self._app(scope, receive, send)
