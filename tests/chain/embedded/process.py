"""The chain process as a test sees it."""

import subprocess
import sys
import tempfile
from pathlib import Path

from chain.ledger.web3_ledger import Web3Ledger


class ChainProcess:
    """A started chain; ready when the constructor returns."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chain.ledger.embedded", "--home", str(home), "--port", "0", "--parent-pipe",
             *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, cwd=Path(__file__).parents[3],
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode()
        if not line.startswith("ready "):
            raise RuntimeError(f"the chain did not start: {self.stderr()}")
        self.url = line.split()[1]
        self.height = int(line.split()[-1])

    def stderr(self) -> str:
        """What the process has written to stderr."""
        self.process.wait(10)
        self.errors.seek(0)
        return self.errors.read().decode()

    def ledger(self) -> Web3Ledger:
        """A ledger on this process."""
        return Web3Ledger(self.url)

    def kill(self) -> None:
        """kill -9, and wait."""
        self.process.kill()
        self.process.wait(10)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
