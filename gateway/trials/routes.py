"""Trials over HTTP."""

import uuid

from gateway.apps.models import App
from gateway.interfaces.models import Interface
from gateway.permissions import APP_MANAGE, CALL_READ
from gateway.trials import queries, service
from gateway.trials.models import Trial
from gateway.trials.schemas import TrialDetail, TrialIn, TrialOut, Trials
from kernel.errors import NOT_FOUND
from kernel.http import Actor_, Session_, needs, router

api = router(prefix="/gateway", tags=["gateway"])


@api.get("/interfaces/{interface_id}/trials", **needs(CALL_READ))
def list_trials(session: Session_, actor: Actor_, interface_id: uuid.UUID) -> Trials:
    """List the newest trials: all of them for who owns the interface, own ones for a consumer."""
    interface = session.get(Interface, interface_id)
    if interface is None:
        raise NOT_FOUND()
    rows = queries.of_interface(session, actor, interface_id, whole=actor.sees(interface.department_id))
    return Trials(items=[TrialOut.model_validate(row) for row in rows])


@api.post("/interfaces/{interface_id}/trials", status_code=202, **needs(APP_MANAGE))
def make_trial(session: Session_, actor: Actor_, interface_id: uuid.UUID, body: TrialIn) -> TrialOut:
    """Queue a call; read it when its status is no longer −1."""
    made = service.queue(
        session, actor, interface_id=interface_id, app_id=body.app_id, method=body.method, below=body.below,
        query=body.query, body=body.body,
    )
    return TrialOut.model_validate(made)


@api.get("/trials/{trial_id}", **needs(CALL_READ))
def read_trial(session: Session_, actor: Actor_, trial_id: uuid.UUID) -> TrialDetail:
    """Return what was kept of a call."""
    trial = session.get(Trial, trial_id)
    if trial is None:
        raise NOT_FOUND()
    app, interface = session.get_one(App, trial.app_id), session.get_one(Interface, trial.interface_id)
    if not (actor.sees(app.department_id) or actor.sees(interface.department_id)):
        raise NOT_FOUND()
    return TrialDetail(**TrialOut.model_validate(trial).model_dump(), **service.read(session, trial))
