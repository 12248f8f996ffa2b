"""/chain/nodes: nodes, their health history, votes on validators, accounts that may send."""

import uuid
from datetime import timedelta
from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import AwareDatetime

from chain.ledger.access import ledger_of
from chain.nodes import overview, queries, reach, sampling, schemas, service, votes
from kernel import clock
from kernel.errors import MulianError
from kernel.http import Actor_, Page_, Session_, check_if_match, needs, paginate, router, set_etag
from kernel.runtime import runtime_of

api = router(prefix="/chain/nodes", tags=["chain"])


@api.get("", **needs("chain.node.read"))
def list_nodes(session: Session_, actor: Actor_) -> schemas.NodePage:
    """List the nodes in scope with their newest samples, and what the network says of its validators."""
    items = [schemas.node_out(*pair) for pair in service.nodes(session, actor)]
    network = overview.network(session)
    return schemas.NodePage(
        items=items, total=len(items), size=len(items), engine=network.engine, validators=network.validators,
        quorum=network.quorum, safe=network.safe,
    )


@api.post("", status_code=201, **needs(service.MANAGE))
def register_node(session: Session_, actor: Actor_, body: schemas.NodeIn) -> schemas.NodeOut:
    """Register a node."""
    return schemas.node_out(service.register(session, actor, **body.model_dump()), None)


@api.get("/look", **needs(service.MANAGE))
def look_at_node(
    session: Session_, url: schemas.Url, declared: Annotated[list[str] | None, Query(max_length=20)] = None,
) -> schemas.NodeLookOut:
    """Ask an address who it is, before it is registered. A read: no write unit waits for a foreign machine."""
    runtime = runtime_of(session)
    found = sampling.read(reach.line_to_url(runtime, url, tuple(declared or ())))
    try:
        ours = ledger_of(runtime).genesis_hash()
    except MulianError:
        ours = None
    return schemas.NodeLookOut(
        state=found.state, state_title=schemas.title(found.state), reason=found.reason, engine=found.engine,
        version=found.version, height=found.height, enode=found.enode, signer=found.signer, peers=found.peers,
        same_chain=None if ours is None or found.genesis is None else ours == found.genesis,
    )


@api.get("/departments", **needs("chain.node.read"))
def list_department_nodes(session: Session_, actor: Actor_) -> schemas.DepartmentLines:
    """One line a department that has nodes."""
    return schemas.DepartmentLines(items=[
        schemas.DepartmentLine(
            department_id=line.department_id, nodes=line.nodes, validators=line.validators, running=line.running,
            worst=line.worst, worst_title=schemas.title(line.worst), lag=line.lag,
        )
        for line in service.by_department(session, actor)
    ])


@api.get("/votes", **needs("chain.node.read"))
def list_votes(session: Session_, page: Page_) -> schemas.VotePage:
    """List votes on validators, newest first."""
    rows, total = paginate(session, queries.votes(), page)
    items = [schemas.vote_out(row) for row in rows]
    return schemas.VotePage(items=items, total=total, page=page.number, size=page.size)


@api.get("/accounts", **needs("chain.node.read"))
def list_accounts(session: Session_) -> schemas.Accounts:
    """List the accounts that may send, and where the list binds."""
    items = [schemas.account_out(row) for row in queries.accounts(session)]
    return schemas.Accounts(items=items, enforced=overview.network(session).accounts)


@api.post("/accounts", status_code=201, **needs(service.MANAGE))
def list_account(session: Session_, actor: Actor_, body: schemas.AccountIn) -> schemas.AccountOut:
    """Let an account send."""
    return schemas.account_out(service.list_account(session, actor, **body.model_dump()))


@api.delete("/accounts/{account_id}", status_code=204, **needs(service.MANAGE))
def strike_account(session: Session_, actor: Actor_, account_id: uuid.UUID) -> None:
    """Take an account off the list."""
    service.strike_account(session, actor, account_id=account_id)


@api.patch("/{node_id}", **needs(service.MANAGE))
def configure_node(
    request: Request, response: Response, session: Session_, actor: Actor_, node_id: uuid.UUID, body: schemas.NodePatch,
) -> schemas.NodeOut:
    """Change a node, or switch it off. If-Match names the version that was seen."""
    check_if_match(request, service.node(session, actor, node_id).version)
    row = service.configure(session, actor, node_id=node_id, **body.model_dump(exclude_unset=True))
    set_etag(response, row.version)
    return schemas.node_out(row, queries.latest_sample(session, row.id))


@api.post("/{node_id}/votes", status_code=202, **needs(votes.PROPOSE))
def propose_vote(session: Session_, actor: Actor_, node_id: uuid.UUID, body: schemas.VoteIn) -> schemas.VoteAsked:
    """Propose to add or remove the node's validator; a second person decides."""
    asked = votes.propose(session, actor, node_id=node_id, add=body.add, reason=body.reason)
    return schemas.VoteAsked(approval_id=asked.id, state=asked.state)


@api.get("/{node_id}/samples", **needs("chain.node.read"))
def list_samples(
    session: Session_,
    actor: Actor_,
    node_id: uuid.UUID,
    start: AwareDatetime | None = None,
    end: AwareDatetime | None = None,
    limit: Annotated[int, Query(ge=1, le=6_000)] = 5_760,
) -> schemas.History:
    """Return a node's samples: the last day unless said otherwise."""
    until = end or clock.now()
    rows = service.history(session, actor, node_id, start or until - timedelta(days=1), until, limit)
    return schemas.History(items=[schemas.SampleOut.model_validate(row) for row in rows])


@api.get("/{node_id}/hours", **needs("chain.node.read"))
def list_hours(
    session: Session_, actor: Actor_, node_id: uuid.UUID, start: AwareDatetime | None = None,
    end: AwareDatetime | None = None,
) -> schemas.Hours:
    """Return a node's hours: the last 30 days unless said otherwise."""
    until = end or clock.now()
    rows = service.hours(session, actor, node_id, start or until - timedelta(days=30), until)
    return schemas.Hours(items=[schemas.hour_out(row) for row in rows])
