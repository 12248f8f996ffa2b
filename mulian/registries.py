"""Which causes the registries on the chain are written by."""

from catalog import onchain as entries
from catalog.events import EntryPublished
from chain.contracts.events import DeploymentDone
from chain.registries import releases, rotations
from crypto.rotation.events import RotationFinished
from gateway.events import InterfacePublished, InterfaceRetired
from gateway.interfaces import onchain as interfaces
from kernel.events import subscribe


def subscribe_registries() -> None:
    """Effects of lower packages' events that go to a registry where it is switched on."""
    subscribe(RotationFinished, rotations.on_rotation_finished)
    subscribe(DeploymentDone, releases.on_deployment_done)
    subscribe(EntryPublished, entries.on_published)
    subscribe(InterfacePublished, interfaces.on_published)
    subscribe(InterfaceRetired, interfaces.on_retired)
