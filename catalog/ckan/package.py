"""Datasets, organizations, groups and tags as CKAN writes them. Only what :class:`PublicEntry` holds can appear."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from catalog.codes.lists import code_list
from catalog.feed.content import PublicEntry, PublicOrg, Sealed
from catalog.feed.site import Site, web_address
from kernel.digest import sm3_hex

_SPACE = uuid.UUID("6f0c9d0e-5a57-4c0c-8a51-9d0f8f1f6c1d")


@dataclass(frozen=True)
class License:
    """A licence of CKAN's list."""

    id: str
    title: str
    open: bool


LICENSES: dict[str | None, License] = {
    "unconditional": License("other-open", "无条件开放 (Other, Open)", True),
    "conditional": License("other-closed", "有条件开放 (Other, Not Open)", False),
    "none": License("notspecified", "不予开放", False),
    None: License("notspecified", "未填写", False),
}
"""open_type says under which terms data is opened; there is no other licence in the directory."""

EXTRAS = (
    "resource_code", "share_type", "share_condition", "share_mode", "share_method", "open_type", "open_condition",
    "update_cycle", "update_cycle_text", "format_class", "theme_text", "class_code", "region", "data_range",
    "use_scene", "published_on", "data_updated_at", "record_count", "related_codes", "level",
    "entry_hash", "data_items", "systems",
)


def stamp(moment: datetime | None) -> str | None:
    """An instant as CKAN writes it: UTC without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") if moment else None


def package(sealed: Sealed, site: Site, *, state: str = "active") -> dict[str, Any]:
    """A dataset in the form of package_show; ``state`` draft for one that is not public yet."""
    entry = sealed.entry
    license_, org = LICENSES[entry.open_type], organization(entry.org)
    tags = list(dict.fromkeys(word.strip() for word in entry.keywords if word.strip()))
    found = resources(entry, sealed, site)
    return {
        "id": str(entry.id), "name": str(entry.id), "title": entry.name, "notes": entry.abstract,
        "type": "dataset", "state": state, "private": state != "active", "url": site.dataset(entry.id),
        "version": str(entry.version), "owner_org": org["id"], "organization": org,
        "author": None, "author_email": None, "maintainer": None, "maintainer_email": None,
        "license_id": license_.id, "license_title": license_.title, "isopen": license_.open,
        "metadata_created": stamp(sealed.first_at), "metadata_modified": stamp(sealed.at),
        "tags": [tag(word) for word in tags], "num_tags": len(tags),
        "groups": [group(entry.theme)] if entry.theme else [],
        "resources": found, "num_resources": len(found), "extras": extras(entry),
        "relationships_as_subject": [], "relationships_as_object": [],
    }


def resources(entry: PublicEntry, sealed: Sealed, site: Site) -> list[dict[str, Any]]:
    """One resource a format; its address is the source where the directory knows one, else the dataset's page."""
    link = web_address(entry.source_url) or site.dataset(entry.id)
    return [
        {
            "id": resource_id(entry.id, name), "package_id": str(entry.id), "name": f"{entry.name}（{name}）",
            "description": entry.abstract, "format": shown_format(name), "url": link,
            "position": position, "state": "active", "url_type": None, "resource_type": None, "mimetype": None,
            "mimetype_inner": None, "size": None, "hash": "", "cache_url": None, "cache_last_updated": None,
            "created": stamp(sealed.first_at), "last_modified": stamp(entry.data_updated_at),
            "metadata_modified": stamp(sealed.at),
        }
        for position, name in enumerate(dict.fromkeys(entry.formats))
    ]


def shown_format(name: str) -> str:
    """A format as CKAN spells it: CSV."""
    return name.strip().upper() if name.isascii() else name.strip()


def resource_id(entry_id: uuid.UUID, name: str) -> str:
    """The id of a resource: that of its dataset and a mark of its format, so that it stays when others come."""
    return f"{entry_id}-{sm3_hex(name.encode())[:8]}"


def extras(entry: PublicEntry) -> list[dict[str, str]]:
    """What CKAN has no field for; tokens as the code lists have them."""
    values: dict[str, Any] = {name: getattr(entry, name, None) for name in EXTRAS}
    values |= {
        "resource_code": entry.code, "level": code_list("data_level").label(str(entry.level)),
        "data_updated_at": stamp(entry.data_updated_at), "related_codes": "、".join(entry.related_codes),
        "data_items": "、".join(item.name for item in entry.items),
        "systems": "、".join(system.name for system in entry.systems),
    }
    return [{"key": name, "value": str(value)} for name, value in values.items() if value not in (None, "")]


def organization(org: PublicOrg) -> dict[str, Any]:
    """A department as an organization; its name is the credit code in small letters, as CKAN's names are."""
    return {
        "id": str(org.id), "name": org.code.lower(), "title": org.name, "display_name": org.name,
        "type": "organization", "description": "", "image_url": "", "image_display_url": "", "is_organization": True,
        "approval_status": "approved", "state": "active",
    }


def group(token: str) -> dict[str, Any]:
    """A theme as a group."""
    title = code_list("theme").label(token)
    return {
        "id": str(uuid.uuid5(_SPACE, f"theme:{token}")), "name": token, "title": title, "display_name": title,
        "type": "group", "description": "", "image_url": "", "image_display_url": "", "is_organization": False,
        "approval_status": "approved", "state": "active",
    }


def theme_of(given: str) -> str | None:
    """The theme that a group's id, name or title names."""
    for known in code_list("theme").tokens:
        if given in (known.token, known.zh, str(uuid.uuid5(_SPACE, f"theme:{known.token}"))):
            return known.token
    return None


def tag(word: str) -> dict[str, Any]:
    """A keyword as a free tag."""
    return {
        "id": str(uuid.uuid5(_SPACE, f"tag:{word}")), "name": word, "display_name": word, "state": "active",
        "vocabulary_id": None,
    }
