"""Backups of a home's database and chain, put back together or apart, and anchoring on the real embedded chain."""

import shutil
import sqlite3
from pathlib import Path

from chain.anchoring import batching, restore, rules, service, streams
from chain.ledger.access import use_ledger
from chain.ledger.embedded.node import Node, Options
from chain.ledger.embedded.provider import in_process
from chain.ledger.web3_ledger import Web3Ledger
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime


def anchored(runtime: Runtime, *, halted: str = "") -> dict[str, bytes]:
    """Anchor what waits on the embedded chain of this home; return every proof. ``halted``: the stream must stop."""
    with Node(runtime.home, Options(rehearsal=True)) as node, in_process(node) as provider:
        use_ledger(runtime, Web3Ledger("in-process", provider))
        errors = batching.flush(runtime).errors
        assert (halted in errors.get("catalog", "") and errors) if halted else not errors, errors
    with runtime.database.read() as session:
        return dict(service.each_proof(session))


def resume(runtime: Runtime, stream: str, address: str) -> None:
    """What ``mulian anchor resume`` does."""
    with Node(runtime.home, Options(rehearsal=True)) as node, in_process(node) as provider:
        use_ledger(runtime, Web3Ledger("in-process", provider))
        ledger = streams.open_ledger(runtime)
        head, nonce = ledger.head_of(rules.stream_id(stream)), ledger.nonce(address)
    runtime.database.run(
        lambda session: restore.resume(session, system_actor("cli"), stream=stream, chain=head, nonce=nonce).epoch
    )


def snapshot(runtime: Runtime, to: Path) -> Path:
    """A backup of database and chain, taken while neither is written."""
    to.mkdir()
    source, target = sqlite3.connect(runtime.home.database_file), sqlite3.connect(to / "mulian.db")
    source.backup(target)
    source.close()
    target.close()
    shutil.copytree(runtime.home.chain_dir, to / "chain")
    return to


def put_back(runtime: Runtime, backup: Path, *, database: bool, chain: bool) -> None:
    """Restore one of them, or both."""
    if database:
        runtime.database.close()
        for name in ("", "-wal", "-shm"):
            Path(f"{runtime.home.database_file}{name}").unlink(missing_ok=True)
        shutil.copy(backup / "mulian.db", runtime.home.database_file)
    if chain:
        shutil.rmtree(runtime.home.chain_dir)
        shutil.copytree(backup / "chain", runtime.home.chain_dir)
