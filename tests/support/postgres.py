"""A PostgreSQL server of the tests' own, in a temporary folder, never the machine's."""

import contextlib
import glob
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.support.servers import free_port, unprivileged


def binaries() -> Path | None:
    """Return the folder with initdb and postgres, newest version first; None where there is no server."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[4]), reverse=True)
    for folder in [*found, *( [str(Path(p).parent)] if (p := shutil.which("initdb")) else [] )]:
        if (Path(folder) / "initdb").exists() and (Path(folder) / "postgres").exists():
            return Path(folder)
    return None


@dataclass
class Server:
    """A running server: makes and drops databases, and can be killed and started again."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    @contextlib.contextmanager
    def start(cls, folder: Path) -> Iterator["Server"]:
        """Make a cluster and run it until the block ends."""
        bin_folder = binaries()
        assert bin_folder is not None
        user = unprivileged("postgres")
        data = folder / "data"
        data.mkdir(mode=0o700)
        _hand_over(folder, user)
        subprocess.run(
            [bin_folder / "initdb", "-D", data, "-U", "mulian", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
            check=True, stdout=subprocess.DEVNULL, user=user,
        )
        server = cls(folder, free_port())
        server.run()
        try:
            yield server
        finally:
            server.stop()

    def run(self) -> None:
        """Start the postmaster and wait until it answers."""
        bin_folder = binaries()
        assert bin_folder is not None
        options = ["-c", f"unix_socket_directories={self.folder}", "-c", "listen_addresses=127.0.0.1",
                   "-c", "max_connections=200", "-c", "log_min_messages=fatal",
                   # what survives kill -9 is in the system's cache; only a power cut would need the disk's word
                   "-c", "fsync=off", "-c", "full_page_writes=off"]
        self.process = subprocess.Popen(
            [bin_folder / "postgres", "-D", self.folder / "data", "-p", str(self.port), *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=unprivileged("postgres"),
        )
        deadline = time.monotonic() + 30
        while True:
            try:
                self._admin("SELECT 1")
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop fast (SIGINT)."""
        assert self.process is not None
        self.process.send_signal(2)
        self.process.wait(30)

    @property
    def version(self) -> int:
        """Return the major version of the binaries."""
        found = binaries()
        assert found is not None
        return int(found.parent.name.split(".")[0]) if found.parent.name[:1].isdigit() else 14

    def url(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://mulian@127.0.0.1:{self.port}/{name}"

    def create(self, name: str, template: str = "template0") -> str:
        """Create a database and return its URL."""
        # without fsync a copy of files is far cheaper than a copy through the log, which 15 made the default
        strategy = " STRATEGY FILE_COPY" if self.version >= 15 else ""
        self._admin(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{strategy}')
        return self.url(name)

    def drop(self, url: str) -> None:
        """Drop a database, throwing out whoever is connected."""
        self._admin(f'DROP DATABASE IF EXISTS "{url.rsplit("/", 1)[1]}" WITH (FORCE)')

    def _admin(self, statement: str) -> None:
        with psycopg.connect(f"host=127.0.0.1 port={self.port} user=mulian dbname=postgres",
            autocommit=True) as connection:
            connection.execute(statement.encode())


def _hand_over(folder: Path, user: str | None) -> None:
    """Give the cluster's folder to the user, and let it pass through the folders above."""
    if user is None:
        return
    shutil.chown(folder, user)
    shutil.chown(folder / "data", user)
    for parent in folder.parents:
        if str(parent) in ("/", "/tmp"):
            break
        parent.chmod(parent.stat().st_mode | 0o011)
