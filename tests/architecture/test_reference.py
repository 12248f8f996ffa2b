"""The generated reference pages are those of this tree; every route has a row in the permissions matrix."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from kernel.identity import registry
from kernel.identity.permissions import ROLES, separation_conflict
from mulian import reference, wiring
from mulian.app import openapi

pytestmark = pytest.mark.architecture
ROOT = Path(__file__).resolve().parents[2]


def rows() -> list[dict[str, Any]]:
    """The hand-kept matrix: one row a route, reviewed like code."""
    found: list[dict[str, Any]] = []
    for path in sorted((ROOT / "tests" / "authz").glob("*.yaml")):
        found += yaml.safe_load(path.read_text("utf-8"))
    return found


def test_reference_pages_are_fresh() -> None:
    stale = [
        name for name, text in reference.pages().items()
        if not (reference.FOLDER / name).exists() or (reference.FOLDER / name).read_text("utf-8") != text
    ]
    assert not stale, f"run make docs: {stale}"


def test_every_route_has_a_row_in_the_matrix() -> None:
    routes = {
        f"{method.upper()} {path}": operation["x-permission"]
        for path, methods in openapi()["paths"].items()
        for method, operation in methods.items()
    }
    matrix = {row["route"]: row for row in rows()}
    assert set(routes) - set(matrix) == set(), "routes without a row in tests/authz"
    assert set(matrix) - set(routes) == set(), "rows without a route"
    for route, permission in routes.items():
        row = matrix[route]
        said = "public" if row.get("public") else "signed-in" if row.get("signed_in") else row["permission"]
        assert said == permission, f"{route}: matrix says {said}, the route {permission}"


def test_the_matrix_agrees_with_the_standard_roles() -> None:
    wiring.load_permissions()
    grants = registry.grants()
    for row in rows():
        if "permission" in row:
            holders = {role.key for role in ROLES if row["permission"] in grants.get(role.key, [])}
            assert set(row["allow"]) == holders, f"{row['route']}: matrix {row['allow']}, roles {sorted(holders)}"


def test_no_standard_role_unites_separated_duties() -> None:
    wiring.load_permissions()
    for role, keys in registry.grants().items():
        assert separation_conflict(frozenset(keys)) is None, role
