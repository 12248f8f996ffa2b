"""Letting a NodeRegistry on the chain keep the list of senders of the embedded chain instead of the file.

The file then names the registry; everything else is read from the chain's state. Before that every account that the
platform signs with must be listed there, or the platform would lock itself out.
"""

from pathlib import Path

from eth_abi import decode

from chain.accounts import holders
from chain.accounts.errors import ACCOUNTS_MISSING
from chain.contracts.accounts import ENVIRONMENTS, PRODUCTION, deployer_of
from chain.contracts.service import address_of
from chain.ledger.abi import interface
from chain.ledger.access import ledger_of
from chain.ledger.embedded.rules import ACCOUNTS_FILE, decode_senders, write_list
from chain.ledger.port import Ledger
from contracts_sc.slots import MAY_DEPLOY, MAY_SEND
from kernel.audit.service import record
from kernel.identity.actor import Actor
from kernel.runtime import Runtime

CONTRACT = "NodeRegistry"


def follow(runtime: Runtime, actor: Actor) -> str:
    """Let the live NodeRegistry of the production environment keep the list; return its address.

    Raises ``chain.contract.unknown`` where none is live, ``chain.account.missing`` with the accounts of the platform
    that it does not list.
    """
    ledger = ledger_of(runtime)
    with runtime.database.read() as session:
        address = address_of(session, CONTRACT, environment=PRODUCTION)
        accounts = [(one.purpose, one.address) for one in holders.listing(session)]
    missing = [f"{purpose} {account}" for purpose, account in accounts if not _may(ledger, address, purpose, account)]
    if missing:
        raise ACCOUNTS_MISSING(accounts="；".join(missing))
    runtime.database.run(lambda session: record(
        session, actor, action="chain.senders.registry", object_type="chain_rpc", object_id=ACCOUNTS_FILE,
        detail={"registry": address},
    ))
    path: Path = runtime.home.chain_dir / ACCOUNTS_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    write_list(path, decode_senders(f'{{"registry": "{address}"}}'))
    return address


def _may(ledger: Ledger, registry: str, purpose: str, account: str) -> bool:
    """Whether an account is listed with what it does: deployers create contracts."""
    wanted = MAY_SEND | MAY_DEPLOY if purpose in map(deployer_of, ENVIRONMENTS) else MAY_SEND
    answer = ledger.call(registry, interface(CONTRACT).call("ruleOf", account))
    return int(decode(["uint256"], answer)[0]) & wanted == wanted
