"""Who publishes the public part, and under which address."""

import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

from kernel.settings import Settings


@dataclass(frozen=True)
class Site:
    """What every protocol says of the directory itself. ``base`` and ``gateway`` have no slash at their end."""

    base: str
    title: str
    publisher: str
    email: str
    gateway: str

    @property
    def host(self) -> str:
        """The host name, the authority of OAI identifiers."""
        return urlsplit(self.base).hostname or "localhost"

    def dataset(self, entry_id: uuid.UUID) -> str:
        """The address of a dataset: its identifier in RDF and its landing page."""
        return f"{self.base}/dataset/{entry_id}"


def site_of(settings: Settings, requested: str) -> Site:
    """The site; its address is the configured one, else that of the request (scheme and host)."""
    base = (settings.public_url or requested).rstrip("/")
    parts = urlsplit(base)
    gateway = settings.public_gateway_url or f"{parts.scheme}://{parts.hostname}:{settings.gateway_port}"
    return Site(
        base, settings.public_title, settings.public_publisher, settings.public_email, gateway.rstrip("/"),
    )


def web_address(url: str | None) -> str | None:
    """The address when it is one of the web; an address of another scheme is not passed on to the public."""
    if url is None or any(ord(char) <= 32 or char in '<>"{}|\\^`' for char in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None
