"""A reader process: runs calls, estimates and traces so that a long one can be ended without harm.

``python -m chain.ledger.embedded.reader FOLDER``; one JSON request a line on stdin, one answer a line on stdout.
It ends when stdin closes, in the middle of a call too.
"""

import json
import os
import queue
import sys
import threading
from pathlib import Path
from typing import Any

from chain.ledger.embedded import kinds
from chain.ledger.embedded.rpc.errors import INTERNAL, SERVER_ERROR, RpcError
from chain.ledger.embedded.view import View

# 1024 nested EVM calls are some 12,000 Python frames, and py-evm passes through C between them
STACK_BYTES = 256 * 1024 * 1024


def answer(view: View, request: dict[str, Any]) -> dict[str, Any]:
    """Run one request {"kind", "call", "number", "overrides"}; return {"result"} or {"error"}."""
    function = kinds.KINDS[request["kind"]]
    try:
        return {"result": function(view, request["call"], request["number"], request["overrides"])}
    except RpcError as error:
        return {"error": [error.code, error.message, error.data]}
    except RecursionError:
        return {"error": [SERVER_ERROR, "max call depth exceeded", None]}
    except Exception as error:  # an EVM bug or hostile field: the reader lives on
        return {"error": [INTERNAL, f"{type(error).__name__}: {error}"[:300], None]}


def _serve(view: View, requests: "queue.Queue[bytes]") -> None:
    while True:
        line = requests.get()
        sys.stdout.write(json.dumps(answer(view, json.loads(line))) + "\n")
        sys.stdout.flush()


def main(folder: Path) -> None:
    """Serve until stdin closes."""
    view = View(folder)
    requests: queue.Queue[bytes] = queue.Queue()
    threading.stack_size(STACK_BYTES)
    threading.Thread(target=_serve, args=(view, requests), daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin.buffer:
        requests.put(line)
    # at once, whatever call is running
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
