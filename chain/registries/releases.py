"""Finished deployments for ReleaseRegistry: which code runs where, by whose consent."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.contracts.events import DeploymentDone
from chain.contracts.models import ContractDeployment, ContractVersion
from chain.registries import queries
from chain.registries.rules import RELEASES, text_word
from chain.registries.service import Draft, note
from kernel import canonical
from kernel.digest import sha256_hex

OBJECT = "contract_deployment"


def on_deployment_done(session: Session, event: DeploymentDone) -> None:
    """Write the release down. Its number is the place of the version among those of its name, the same everywhere."""
    version = session.get_one(ContractVersion, event.version_id)
    deployment = session.get_one(ContractDeployment, event.deployment_id)
    subject = text_word(event.name[:32])
    position = queries.last_position(session, RELEASES, subject) + 1
    number = session.scalar(select(func.count()).where(
        ContractVersion.name == event.name, ContractVersion.created_at <= version.created_at,
    ))
    claim = {
        "code_hash": version.code_hash, "layout_hash": sha256_hex(canonical.dumps(version.artifact["layout"])),
        "release": _digest(version.digest), "approval": _digest(deployment.digest),
        "implementation": event.implementation, "proxy": event.address,
    }
    goal = {"environment": text_word(event.environment), "version": number, "claim": claim}
    shown = f"{event.name} {version.version} {event.environment}"
    note(session, RELEASES, [Draft(subject, position, goal, OBJECT, shown)])


def _digest(marked: str | None) -> str:
    """The 32 bytes (hex) of a digest with its version mark."""
    return str(marked).rsplit(":", 1)[-1]
