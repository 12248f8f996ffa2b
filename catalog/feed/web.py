"""What the public protocols share over HTTP: the site, the rate limit (``kernel.http.limits``), running a unit."""

from collections.abc import Callable
from typing import TypeVar

from fastapi import Request
from sqlalchemy.orm import Session

from catalog.feed.site import Site, site_of
from kernel.http.limits import admitted as admitted
from kernel.runtime import Runtime

T = TypeVar("T")


def runtime_of(request: Request) -> Runtime:
    """The runtime of the application."""
    runtime: Runtime = request.app.state.runtime
    return runtime


def site(request: Request) -> Site:
    """Who publishes, under which address."""
    return site_of(runtime_of(request).settings, f"{request.url.scheme}://{request.url.netloc}")


def read(request: Request, unit: Callable[[Session], T]) -> T:
    """Run a read unit, retried while the database is busy."""
    return runtime_of(request).database.run(unit, write=False)
