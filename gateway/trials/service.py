"""Use cases of trials: queue one, make it, read it."""

import uuid
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy.orm import Session

from gateway.apps.door import SignedApps
from gateway.apps.models import App
from gateway.errors import APP_STATE
from gateway.interfaces import queries as interfaces
from gateway.interfaces.models import Interface
from gateway.permissions import APP_MANAGE
from gateway.snapshot.places import PRODUCTION
from gateway.trials import calling, recording
from gateway.trials.errors import TRIAL_STATE
from gateway.trials.models import Trial
from kernel import clock, ids
from kernel.audit.service import record
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor, require
from kernel.jobs.service import enqueue
from kernel.runtime import Runtime, runtime_of

PURPOSE, KIND, KEPT = "gateway.trial", "gateway.trial.make", timedelta(days=7)


def queue(
    session: Session, actor: Actor, *, interface_id: uuid.UUID, app_id: uuid.UUID, method: str, below: str, query: str,
    body: str,
) -> Trial:
    """Queue a call of an own application to an interface, in the application's environment.

    ``below``: what follows the interface's path. The call itself is a job: it is made when this is committed.
    """
    interface, app = session.get(Interface, interface_id), session.get(App, app_id)
    if interface is None or app is None:
        raise NOT_FOUND()
    require(actor, APP_MANAGE, department_id=app.department_id)
    if app.state != "active":
        raise APP_STATE(name=app.name, state=app.state)
    calling.port_of(runtime_of(session).settings, app.environment)
    trial_id, now = ids.new(), clock.now()
    audit_id = record(
        session, actor, action="gateway.trial.make", object_type="gateway_interface", object_id=str(interface.id),
        detail={"code": interface.code, "app_key": app.app_key, "environment": app.environment, "trial": trial_id},
        department_id=app.department_id,
    )
    wanted = {"method": method, "path": interface.path + below, "query": query, "body": body}
    trial = Trial(
        id=trial_id, interface_id=interface.id, app_id=app.id, environment=app.environment, status=-1, request_id="",
        sealed=_seal(session, {"wanted": wanted}), made_by=actor.user_id, made_at=now, expires_at=now + KEPT,
        audit_id=audit_id,
    )
    session.add(trial)
    session.flush()
    enqueue(session, actor, KIND, {"trial": str(trial_id)}, app.department_id)
    return trial


def make(runtime: Runtime, trial_id: uuid.UUID) -> int:
    """Make a queued call and keep what may be kept; return its status. Again: only what was not made yet."""
    with runtime.database.read() as session:
        trial = session.get(Trial, trial_id)
        if trial is None or trial.status >= 0:
            return 0 if trial is None else trial.status
        environment, wanted = trial.environment, opened(session, trial)["wanted"]
        definition = _definition(session, trial)
        target = wanted["path"] + (f"?{wanted['query']}" if wanted["query"] else "")
        body = wanted["body"].encode()
        headers = SignedApps().sign(session, trial.app_id, method=wanted["method"], target=target, body=body)
    answered = calling.call(
        runtime.settings, environment, method=wanted["method"], target=target, headers=headers, body=body,
    )
    kept = {
        "request": recording.request(environment, **wanted),
        "answer": recording.answer(environment, definition, answered.status, answered.headers, answered.body),
    }

    def write(session: Session) -> None:
        row = session.get_one(Trial, trial_id)
        row.status, row.request_id = answered.status, answered.headers.get("x-request-id", "")[:40]
        row.sealed = _seal(session, kept)

    runtime.database.run(write)
    return answered.status


def read(session: Session, trial: Trial) -> dict[str, Any]:
    """Return what was kept of a made call; raise ``gateway.trial.state`` before that."""
    if trial.status < 0:
        raise TRIAL_STATE()
    return opened(session, trial)


def opened(session: Session, trial: Trial) -> dict[str, Any]:
    """Return the content of a trial."""
    found: dict[str, Any] = orjson.loads(runtime_of(session).box.open(PURPOSE, trial.sealed))
    return found


def _seal(session: Session, content: dict[str, Any]) -> bytes:
    return runtime_of(session).box.seal(PURPOSE, orjson.dumps(content))


def _definition(session: Session, trial: Trial) -> dict[str, Any]:
    interface = session.get_one(Interface, trial.interface_id)
    number = interface.revision if trial.environment == PRODUCTION else interface.test_revision
    revision = interfaces.revision(session, interface.id, number or 0) or interfaces.revisions(session, interface.id)[0]
    return revision.definition
