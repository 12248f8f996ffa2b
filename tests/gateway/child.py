"""What a forked gateway of the tests runs: an installation opened as ``mulian.wiring`` does, with less."""

from pathlib import Path

import kernel.identity.models  # noqa: F401
from crypto.servicekeys import service as servicekeys
from gateway.proxy import server
from kernel import cli
from kernel.db import Database
from kernel.home import Home
from kernel.runtime import Runtime
from kernel.settings import Settings


def _open(settings: Settings) -> Runtime:
    home = Home(settings.resolved_home())
    url = settings.database_url
    database = Database(url) if url else Database.sqlite(home.database_file)
    return Runtime(settings=settings, home=home, database=database, box=servicekeys.open_box(home))


def run(home: str, workers: int, environment: str) -> None:
    """Run a gateway on a free port until it is told to stop."""
    cli.install_opener(_open)
    server.run(Path(home), "127.0.0.1", 0, workers, environment=environment)
