"""The permissions that the packages of this program declare, filled once by ``mulian/wiring.py``."""

from collections.abc import Iterable, Mapping

from kernel.identity.permissions import Permission

_permissions: dict[str, Permission] = {}
_grants: dict[str, set[str]] = {}


def declare(permissions: Iterable[Permission], grants: Mapping[str, Iterable[str]]) -> None:
    """Add a package's permissions and what the standard roles hold of them; every grant must be declared."""
    for permission in permissions:
        _permissions[permission.key] = permission
    for role, keys in grants.items():
        unknown = set(keys) - _permissions.keys()
        if unknown:
            raise ValueError(f"role {role} is granted undeclared permissions: {sorted(unknown)}")
        _grants.setdefault(role, set()).update(keys)


def permissions() -> list[Permission]:
    """Return every declared permission, ordered by key."""
    return [_permissions[key] for key in sorted(_permissions)]


def grants() -> dict[str, list[str]]:
    """Return the seeds of the standard roles."""
    return {role: sorted(keys) for role, keys in _grants.items()}
