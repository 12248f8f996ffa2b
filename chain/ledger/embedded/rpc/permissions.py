"""``perm_*`` under Besu's names and errors, and the node's own data for ``admin_*``.

The account list is ``accounts.json``: a change is answered when it is in force, for admission and for the next
block. Where a registry on the chain keeps it, it is only read here. There are no peers, so the list of nodes is not
enabled, as on a Besu node without node permissioning.
"""

from collections.abc import Callable
from typing import Any

from chain.ledger.embedded.rpc import codec
from chain.ledger.embedded.rpc.errors import INTERNAL, SERVER_ERROR, RpcError
from chain.ledger.embedded.rpc.service import CLIENT_VERSION, Service
from chain.ledger.embedded.rules import Registry

_MAX_ACCOUNTS = 10_000
_SUCCESS = "Success"


def accounts_allowlist(service: Service) -> list[str]:
    """perm_getAccountsAllowlist."""
    return ["0x" + sender.hex() for sender in sorted(_enabled(_in_force(service)))]


def add_accounts(service: Service, accounts: Any) -> str:
    """perm_addAccountsToAllowlist."""
    wanted = _accounts(accounts)

    def change(listed: frozenset[bytes] | None) -> frozenset[bytes]:
        if wanted & _enabled(listed):
            raise RpcError(SERVER_ERROR, "Cannot add an existing account to allowlist")
        return _enabled(listed) | wanted

    return _done(lambda: service.node.change_senders(change))


def remove_accounts(service: Service, accounts: Any) -> str:
    """perm_removeAccountsFromAllowlist: what the removed senders have waiting is dropped."""
    wanted = _accounts(accounts)

    def change(listed: frozenset[bytes] | None) -> frozenset[bytes]:
        if wanted - _enabled(listed):
            raise RpcError(SERVER_ERROR, "Cannot remove an absent account from allowlist")
        return _enabled(listed) - wanted

    return _done(lambda: service.node.change_senders(change))


def reload(service: Service) -> str:
    """perm_reloadPermissionsFromFile: the file is followed anyway; this waits until it is in force."""
    return _done(service.node.reload_senders)


def nodes_allowlist(service: Service, *_: Any) -> Any:
    """perm_*Node*: there are no peers to allow."""
    raise RpcError(SERVER_ERROR, "Node allowlisting has not been enabled")


def _done(act: Callable[[], None]) -> str:
    try:
        act()
    except (OSError, ValueError, TimeoutError) as error:
        raise RpcError(INTERNAL, f"the allow-list was not changed: {error}"[:200]) from error
    return _SUCCESS


def _in_force(service: Service) -> frozenset[bytes] | None:
    engine = service.node.engine
    senders = engine.rules.senders_at(engine.head.block_number + 1)
    if isinstance(senders, Registry):
        return senders.listed(service.view.storage_at(engine.head))
    return senders


def _enabled(listed: frozenset[bytes] | None) -> frozenset[bytes]:
    if listed is None:
        raise RpcError(SERVER_ERROR, "Account allowlisting has not been enabled")
    return listed


def _accounts(given: Any) -> frozenset[bytes]:
    if not isinstance(given, list) or not given:
        raise RpcError(SERVER_ERROR, "Request contains an empty list of accounts")
    if len(given) > _MAX_ACCOUNTS:
        raise RpcError(SERVER_ERROR, f"Request contains more than {_MAX_ACCOUNTS} accounts")
    try:
        accounts = frozenset(codec.data(item, 20) for item in given)
    except RpcError as error:
        raise RpcError(SERVER_ERROR, "Request contains an invalid account") from error
    if len(accounts) < len(given):
        raise RpcError(SERVER_ERROR, "Request contains duplicate accounts")
    return accounts


def node_info(service: Service) -> dict[str, Any]:
    """admin_nodeInfo: without enode, because the node takes no peers."""
    head = service.view.head()
    return {
        "name": CLIENT_VERSION, "enode": None, "id": codec.to_data(head.coinbase), "ip": None, "listenAddr": None,
        "ports": {"discovery": 0, "listener": 0},
        "protocols": {"eth": {
            "network": service.node.engine.chain_id, "genesis": codec.to_data(service.view.header(0).hash),
            "head": codec.to_data(head.hash), "difficulty": 0,
        }},
    }
