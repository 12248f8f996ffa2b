"""OpenAPI import over HTTP."""

from gateway.importing import service
from gateway.importing.schemas import DescriptionIn, Drafted, DraftsIn, ProposalOut, Proposals
from gateway.permissions import INTERFACE_EDIT
from kernel.http import Actor_, Session_, needs, router

api = router(prefix="/gateway/imports", tags=["gateway"])


@api.post("/preview", **needs(INTERFACE_EDIT))
def preview_import(session: Session_, actor: Actor_, body: DescriptionIn) -> Proposals:
    """Show what a description would become; nothing is written."""
    made = service.preview(
        session, actor, entry_id=body.entry_id, text=body.text, server=body.server, prefix=body.prefix,
    )
    return Proposals(items=[ProposalOut.model_validate(one) for one in made])


@api.post("/drafts", status_code=201, **needs(INTERFACE_EDIT))
def draft_import(session: Session_, actor: Actor_, body: DraftsIn) -> Drafted:
    """Draft the chosen proposals."""
    made = service.draft(
        session, actor, entry_id=body.entry_id, text=body.text, server=body.server, prefix=body.prefix,
        codes=body.codes,
    )
    return Drafted(codes=[one.code for one in made])
