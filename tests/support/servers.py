"""What every database server of the tests' own needs: a user that is not root, and a port."""

import contextlib
import os
import pwd
import socket


def unprivileged(*preferred: str) -> str | None:
    """Return whom to run a server as, since servers refuse root; None where we are not root ourselves."""
    if os.geteuid() != 0:
        return None
    for name in (*preferred, "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise RuntimeError("no unprivileged user to run a server as")


def free_port() -> int:
    """Return a port on which nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
