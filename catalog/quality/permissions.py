"""The permission to have quality computed at once; reading it needs the one to read the directory."""

from kernel.identity.permissions import Permission

COMPUTE = "catalog.quality.compute"

PERMISSIONS: tuple[Permission, ...] = (Permission(COMPUTE, "立即计算目录质量", "Compute catalog quality at once"),)

GRANTS: dict[str, tuple[str, ...]] = {
    "data_officer": (COMPUTE,),
    "department_reviewer": (COMPUTE,),
    "bureau_admin": (COMPUTE,),
    "data_engineer": (COMPUTE,),
    "operator": (COMPUTE,),
}
