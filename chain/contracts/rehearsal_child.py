"""Run as a child process: one rehearsal under limits, request on standard input, report on standard output.

Started by :mod:`chain.contracts.rehearsal` with an empty environment. Memory, processor time and files are bounded
before the request is read; no file can be written.
"""

import json
import resource
import sys
import threading
from typing import Any

# calls of contracts nest up to 1,024 deep, each through several frames of C
_STACK_BYTES = 256 * 1024 * 1024


def limit(memory: int, cpu_seconds: int) -> None:
    """Bound memory (bytes), processor time (seconds), written files and core dumps."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    """Read, rehearse, write; 0 with a report, 1 without."""
    limit(int(sys.argv[1]), int(sys.argv[2]))
    from chain.contracts.rehearsing import rehearse

    request: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    made: list[dict[str, Any]] = []
    threading.stack_size(_STACK_BYTES)
    thread = threading.Thread(target=lambda: made.append(rehearse(request)))
    thread.start()
    thread.join()
    if not made:
        return 1
    sys.stdout.write(json.dumps(made[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
