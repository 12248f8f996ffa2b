"""``python -m chain.ledger.embedded --home DIR [--host H] [--port N] [--parent-pipe]``: the chain process alone."""

import argparse
import logging
import sys
from pathlib import Path

from chain.ledger.embedded.node import Options
from chain.ledger.embedded.server import run
from kernel.errors import MulianError
from kernel.home import Home


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal; exit 1 with one line that says what to do when the chain cannot start."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8545)
    parser.add_argument("--period", type=int, default=1)
    parser.add_argument("--idle", type=int, default=600)
    parser.add_argument("--parent-pipe", action="store_true")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    home = Home(options.home)
    try:
        home.prepare()
        run(
            home, options.host, options.port, options=Options(period=options.period, idle=options.idle),
            parent_pipe=options.parent_pipe,
        )
    except MulianError as error:
        print(f"{error.text('zh')}。{error.fix('zh')} / {error.text('en')}. {error.fix('en')}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
