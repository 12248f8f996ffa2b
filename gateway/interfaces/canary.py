"""灰度: an approved revision for chosen applications or a share of the calls, before or instead of for everybody."""

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from gateway import errors
from gateway.interfaces import acts, changes, publishing, queries, service
from gateway.interfaces import errors as refusals
from gateway.interfaces.models import Interface, InterfaceRevision
from gateway.permissions import INTERFACE_APPROVE
from gateway.snapshot import service as snapshots
from kernel.identity.actor import Actor


def serve_part(
    session: Session, actor: Actor, *, interface_id: uuid.UUID, opinion: str, share: int, app_ids: Sequence[uuid.UUID],
) -> Interface:
    """Approve the submitted revision for a part, or move the part of the one that is being tried.

    ``share``: per mille of the calls of other applications. A breaking revision goes to named applications only:
    they agreed, the others would be broken at random.
    """
    interface = acts.own(session, actor, interface_id, INTERFACE_APPROVE)
    acts.expect_published(interface)
    revision = acts.open_revision(session, interface, ("submitted", "canary"))
    if revision.state == "submitted" and actor.user_id is not None and actor.user_id == revision.submitted_by:
        raise errors.INTERFACE_MAKER()
    if not app_ids and not 0 < share < 1000:
        raise refusals.CANARY_EMPTY()
    service.require_publishable(session, interface)
    served = queries.revision(session, interface.id, interface.revision)
    reasons = changes.breaking(served.definition, revision.definition) if served else []
    if reasons and share:
        raise refusals.CANARY_BREAKS(code=interface.code, reason="；".join(reasons))
    part = {"share": share, "apps": sorted(str(one) for one in set(app_ids))}
    audit_id = acts.note(session, actor, interface, "canary", {
        "revision": revision.number, "sm3": revision.sm3, "opinion": opinion, **part,
    })
    acts.decide(revision, actor, "canary", opinion, audit_id)
    revision.canary = part
    _changed(session, interface, audit_id)
    return interface


def finish(session: Session, actor: Actor, *, interface_id: uuid.UUID, opinion: str) -> Interface:
    """Serve the tried revision to everybody. A breaking one has to be announced instead: stop, then submit it."""
    interface, revision = _tried(session, actor, interface_id)
    served = queries.revision(session, interface.id, interface.revision)
    reasons = changes.breaking(served.definition, revision.definition) if served else []
    if reasons:
        raise refusals.CANARY_BREAKS(code=interface.code, reason="；".join(reasons))
    audit_id = acts.note(session, actor, interface, "canary_finish", {"revision": revision.number, "opinion": opinion})
    publishing.publish_revision(session, interface, revision, audit_id)
    return interface


def stop(session: Session, actor: Actor, *, interface_id: uuid.UUID, opinion: str) -> Interface:
    """Give everybody the published revision again; the tried one is returned."""
    interface, revision = _tried(session, actor, interface_id)
    audit_id = acts.note(session, actor, interface, "canary_stop", {"revision": revision.number, "opinion": opinion})
    acts.decide(revision, actor, "superseded" if revision.published_at else "returned", opinion, audit_id)
    revision.canary = None
    _changed(session, interface, audit_id)
    return interface


def _tried(session: Session, actor: Actor, interface_id: uuid.UUID) -> tuple[Interface, InterfaceRevision]:
    interface = acts.own(session, actor, interface_id, INTERFACE_APPROVE)
    return interface, acts.open_revision(session, interface, ("canary",))


def _changed(session: Session, interface: Interface, audit_id: uuid.UUID) -> None:
    acts.touch(interface, audit_id)
    snapshots.build(session, audit_id=audit_id)
