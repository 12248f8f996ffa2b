"""What contracts tell the features above them, in the transaction of its cause."""

import uuid
from dataclasses import dataclass


@dataclass(frozen=True)
class DeploymentDone:
    """A version is in use in an environment; ``address`` is what callers talk to, ``implementation`` the code there."""

    deployment_id: uuid.UUID
    version_id: uuid.UUID
    name: str
    environment: str
    address: str
    implementation: str
