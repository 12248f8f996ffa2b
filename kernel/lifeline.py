"""A child process ends when its supervisor is gone, whatever killed the supervisor.

The supervisor holds the write end of a pipe; the child watches the read end. When the supervisor dies, the
kernel closes its end and the child sees the end of file.
"""

import os
import signal
import threading
import time

VARIABLE = "MULIAN_LIFELINE_FD"
_GRACE = 0.8


def arm() -> None:
    """Watch the pipe named by ``MULIAN_LIFELINE_FD``; without one (a process run alone) do nothing.

    At its end the process gets SIGTERM, and is ended for good 0.8 s later.
    """
    text = os.environ.pop(VARIABLE, None)
    if text is None:
        return
    descriptor = int(text)
    os.set_inheritable(descriptor, False)
    threading.Thread(target=_watch, args=(descriptor,), name="lifeline", daemon=True).start()


def _watch(descriptor: int) -> None:
    while os.read(descriptor, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE)
    os._exit(143)
