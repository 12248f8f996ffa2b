"""Which actions there are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from catalog.ckan import reads, writes
from catalog.ckan.errors import NotFound
from catalog.ckan.reads import Call


@dataclass(frozen=True)
class Action:
    """One action; one that writes is called by POST only and needs an API token."""

    run: Callable[[Call], Any]
    writes: bool = False


def help_show(call: Call) -> str:
    """What an action does."""
    found = ACTIONS.get(call.given.required("name"))
    if found is None:
        raise NotFound("Action name not known")
    return found.run.__doc__ or ""


_READS: tuple[Callable[[Call], Any], ...] = (
    help_show, reads.status_show, reads.site_read, reads.license_list, reads.package_list, reads.package_show,
    reads.package_search, reads.current_package_list_with_resources, reads.resource_show, reads.organization_list,
    reads.organization_show, reads.group_list, reads.group_show, reads.tag_list, reads.tag_show,
)
_WRITES: tuple[Callable[[Call], Any], ...] = (
    writes.package_create, writes.package_update, writes.package_patch, writes.package_delete,
)
ACTIONS: dict[str, Action] = {
    **{run.__name__: Action(run) for run in _READS}, **{run.__name__: Action(run, writes=True) for run in _WRITES},
}
