"""A MariaDB server of the tests' own, in a temporary folder, run by an unprivileged user: a department's database."""

import contextlib
import os
import pwd
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pymysql

from tests.support.servers import free_port, unprivileged

USER, PASSWORD = "replacer", "tests only: 'quoted' \\ pass"


def binaries() -> tuple[str, str] | None:
    """Return the paths of mariadb-install-db and mariadbd; None where there is no server."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
    install = shutil.which("mariadb-install-db", path=path) or shutil.which("mysql_install_db", path=path)
    server = shutil.which("mariadbd", path=path)
    return (install, server) if install and server else None


@dataclass
class Server:
    """A running server on 127.0.0.1. ``USER`` may do in every database what a department's account may."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    @contextlib.contextmanager
    def start(cls, folder: Path) -> Iterator["Server"]:
        """Make a data folder and run the server until the block ends."""
        found = binaries()
        assert found is not None
        user = unprivileged("mysql")
        for name in ("data", "tmp"):
            (folder / name).mkdir(mode=0o700)
            if user is not None:
                shutil.chown(folder / name, user)
        if user is not None:
            shutil.chown(folder, user)
            folder.chmod(0o711)
        subprocess.run(
            [found[0], "--no-defaults", f"--datadir={folder}/data", "--auth-root-authentication-method=socket",
             f"--auth-root-socket-user={user or pwd.getpwuid(os.geteuid()).pw_name}", "--skip-test-db"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=user,
        )
        server = cls(folder, free_port())
        (folder / "init.sql").write_text(
            f"CREATE USER IF NOT EXISTS {USER}@'127.0.0.1' IDENTIFIED BY"
            f" '{pymysql.converters.escape_string(PASSWORD)}';\n"
            f"GRANT ALL PRIVILEGES ON *.* TO {USER}@'127.0.0.1';\n"
        )
        (folder / "init.sql").chmod(0o644)
        server.run()
        try:
            yield server
        finally:
            server.stop()

    def run(self) -> None:
        """Start the server and wait until it answers."""
        found = binaries()
        assert found is not None
        self.process = subprocess.Popen(
            [found[1], "--no-defaults", f"--datadir={self.folder}/data", f"--tmpdir={self.folder}/tmp",
             f"--socket={self.folder}/s", f"--pid-file={self.folder}/data/pid", f"--port={self.port}",
             "--bind-address=127.0.0.1", f"--init-file={self.folder}/init.sql", "--skip-name-resolve",
             "--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=128M", "--skip-log-bin",
             "--performance-schema=OFF", "--innodb-doublewrite=OFF"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=unprivileged("mysql"),
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                self.connect().close()
                return
            except pymysql.err.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop at once: nothing in it is kept."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(30)

    def connect(self, name: str | None = None) -> "pymysql.connections.Connection[pymysql.cursors.Cursor]":
        """Connect as the department's account, autocommit on."""
        return pymysql.connect(
            host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, database=name, charset="utf8mb4",
            autocommit=True,
        )

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """Make a database with a name of its own and drop it at the end."""
        name = f"t_{uuid.uuid4().hex[:12]}"
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
            yield name
            cursor.execute(f"DROP DATABASE `{name}`")
