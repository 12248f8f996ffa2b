"""A worker's view of the snapshots: poll one integer, compile what is new, keep the last good one on disk."""

import hmac
import logging
from pathlib import Path

import orjson

from gateway.snapshot import queries
from gateway.snapshot.rules import Compiled, SnapshotRefused, compile_snapshot
from kernel.files_atomic import write_atomic
from kernel.runtime import Runtime

PURPOSE = "gateway.credential"
_FILE_PURPOSE = "gateway.snapshot.file"
_log = logging.getLogger("gateway.snapshot")


class Follower:
    """Blocking; runs in a worker's thread. ``refused``: number of the last snapshot that did not compile (NACK)."""

    def __init__(self, runtime: Runtime, environment: str) -> None:
        self._runtime = runtime
        self._environment = environment
        self._number = 0
        self.refused = 0
        self.database_ok = True

    @property
    def file(self) -> Path:
        """The last good snapshot: secrets in it are sealed as in the database."""
        return self._runtime.home.run_dir / f"gateway-last-good-{self._environment}.json"

    def poll(self) -> Compiled | None:
        """Return a newer compiled snapshot, or None. With no database the file serves a fresh start."""
        try:
            with self._runtime.database.read() as session:
                number = queries.head_number(session, self._environment)
                if number in (self._number, self.refused, 0):
                    self.database_ok = True
                    return None
                row = queries.load(session, self._environment, number)
                if row is None:
                    return None
                checksum, body = row.sm3, row.body
            self.database_ok = True
        except Exception as error:  # whatever keeps the database away: serve what is known to be good
            self.database_ok = False
            _log.warning("snapshot poll failed: %s", type(error).__name__)
            return self._from_file() if self._number == 0 else None
        return self._compile(number, checksum, body, keep=True)

    def _compile(self, number: int, checksum: str, body: str, *, keep: bool) -> Compiled | None:
        try:
            compiled = compile_snapshot(number, checksum, body, lambda sealed: self._runtime.box.open(PURPOSE, sealed))
        except SnapshotRefused as refusal:
            self.refused = number
            _log.error("snapshot refused, the one before stays: %s", refusal)
            return self._from_file() if self._number == 0 and keep else None
        self._number = number
        if keep:
            mac = self._mac(number, checksum)
            kept = {"environment": self._environment, "number": number, "sm3": checksum, "mac": mac, "body": body}
            write_atomic(self.file, orjson.dumps(kept), 0o600)
        return compiled

    def _mac(self, number: int, checksum: str) -> str:
        """The checksum finds damage; only this installation can make the MAC, so a planted file is not served."""
        return self._runtime.box.mac(_FILE_PURPOSE, f"{self._environment} {number} {checksum}".encode()).hex()

    def _from_file(self) -> Compiled | None:
        try:
            kept = orjson.loads(self.file.read_bytes())
            number, checksum, body, mac = int(kept["number"]), str(kept["sm3"]), str(kept["body"]), str(kept["mac"])
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            return None
        if not hmac.compare_digest(mac, self._mac(number, checksum)):
            _log.error("the last good snapshot on disk was not written by this installation")
            return None
        return self._compile(number, checksum, body, keep=False)
