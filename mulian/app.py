"""ASGI factory: the API under /api/v1, the public protocols at the root, health, and the built console."""

from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from kernel.errors import MulianError
from kernel.http import problems
from kernel.http.edge import Edge
from kernel.http.head import HeadAsGet
from kernel.runtime import Runtime
from kernel.settings import Settings
from mulian import console, health, wiring


def create_app(runtime: Runtime | None = None) -> FastAPI:
    """Return the application; without a runtime, open the installation that the settings name."""
    runtime = runtime or wiring.open_runtime(Settings())
    wiring.load_registrations()
    app = FastAPI(title="目链 Mulian", version="1", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.runtime = runtime
    for module in wiring.routers():
        app.include_router(module.api, prefix="/api/v1")
    for module in wiring.root_routers():
        app.include_router(module.api)
    dialects = wiring.dialects(runtime.settings)
    app.state.dialects = dialects
    problems.install(app)
    _health(app)
    console.mount(app, Path(__file__).parent / "console")
    if runtime.settings.allowed_hosts != "*":
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=runtime.settings.allowed_hosts.split(","))
    app.add_middleware(HeadAsGet, serves=wiring.is_public_path)
    app.add_middleware(Edge, body_limit=runtime.settings.body_limit, dialects=dialects)
    return app


@cache
def openapi() -> dict[str, Any]:
    """Return the OpenAPI document of the public API (no installation is needed), the same one every time."""
    app = FastAPI(title="目链 Mulian", version="1")
    wiring.load_registrations()
    for module in wiring.routers():
        app.include_router(module.api, prefix="/api/v1")
    for module in wiring.root_routers():
        app.include_router(module.api)
    return app.openapi()


def _health(app: FastAPI) -> None:
    @app.get("/healthz", include_in_schema=False)
    def healthz() -> dict[str, str]:
        """The process lives."""
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    def readyz(request: Request) -> Response:
        """The process can serve: database, schema, derived state."""
        findings = health.readiness(request.app.state.runtime)
        return JSONResponse({"ready": not findings, "findings": findings}, 200 if not findings else 503)

    @app.get("/api/v1/openapi.json", include_in_schema=False)
    def document(request: Request) -> Response:
        """The OpenAPI document; behind sign-in in production."""
        from kernel.http import signin

        if request.app.state.runtime.settings.profile == "production":
            try:
                signin.authenticate(request, "signed-in")
            except MulianError as error:
                return problems.problem(request, error)
        return JSONResponse(request.app.openapi())
