"""/chain/contracts: the deployment journal."""

from chain.contracts import service
from chain.contracts.schemas import ReleasePage, release_page
from kernel.http import Actor_, Page_, Session_, needs, router

api = router(prefix="/chain/contracts", tags=["chain"])


@api.get("", **needs("chain.contract.read"))
def list_contracts(session: Session_, actor: Actor_, page: Page_) -> ReleasePage:
    """List deployments, newest first."""
    rows, total = service.journal_page(session, actor, offset=page.offset, size=page.size)
    return release_page(rows, total, page.number, page.size)
