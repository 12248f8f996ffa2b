"""The actions that write: they make drafts and open changes in our own workflow, never a publication.

A client that reads a dataset, changes a field and sends the whole back must not fail, so what the directory makes
itself (ids, stamps, hashes) is ignored; a field or extra that is not known at all is refused, not dropped.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.ckan.errors import Invalid, NotAuthorized, NotFound
from catalog.ckan.package import EXTRAS, package, theme_of
from catalog.ckan.parameters import Parameters
from catalog.ckan.reads import Call, draft_of, entry_id_of, org_of
from catalog.codes.lists import BareNumber, UnknownLabel, parse
from catalog.entries import service as entries
from catalog.feed.content import FIELDS, Sealed
from catalog.feed.site import web_address
from catalog.nodes import queries as nodes
from catalog.nodes import service
from catalog.nodes.kinds import EDITABLE
from catalog.nodes.models import DataEntry
from catalog.permissions import EDIT, SUBMIT
from catalog.review import service as review
from kernel.identity.actor import Actor, require

KIND = "data_entry"
_LISTED = {
    "share_type": "share_type", "share_mode": "share_mode", "share_method": "share_method", "open_type": "open_type",
    "update_cycle": "update_cycle", "format_class": "format_class",
}
_TEXTS = (
    "share_condition", "open_condition", "update_cycle_text", "theme_text", "class_code", "region", "data_range",
    "use_scene", "published_on",
)
_MADE_HERE = set(EXTRAS) - set(_LISTED) - set(_TEXTS)
_FIELDS = {"title", "notes", "tags", "tag_string", "groups", "resources", "url", "extras", "owner_org"}
_IGNORED = {
    "id", "name", "type", "state", "private", "version", "organization", "author", "author_email", "maintainer",
    "maintainer_email", "license_id", "license_title", "license_url", "isopen", "metadata_created",
    "metadata_modified", "num_tags", "num_resources", "relationships_as_subject", "relationships_as_object",
    "creator_user_id", "revision_id",
}


def package_create(call: Call) -> dict[str, Any]:
    """A new draft of the department owner_org; it is published by the directory's own review."""
    actor = _writer(call, EDIT)
    given = call.given
    values = _values(given)
    if not values.get("name"):
        raise Invalid("title", "Missing value")
    org = org_of(call.session, given.required("owner_org"))
    if org is None or not actor.sees(org.id):
        raise Invalid("owner_org", "Organization does not exist or is not yours")
    entry = entries.create(call.session, actor, values, department_id=org.id)
    return package(draft_of(call.session, entry), call.site, state="draft")


def package_update(call: Call) -> dict[str, Any]:
    """Replace the fields of a dataset: a draft in place, a published one as an open change."""
    cleared: dict[str, Any] = {
        "abstract": "", "keywords": [], "theme": None, "formats": [], "source_url": None,
        **dict.fromkeys((*_LISTED, *_TEXTS)),
    }
    values = _values(call.given)
    if not values.get("name"):
        raise Invalid("title", "Missing value")
    return _edit(call, {**cleared, **values})


def package_patch(call: Call) -> dict[str, Any]:
    """Change the given fields of a dataset: a draft in place, a published one as an open change."""
    return _edit(call, _values(call.given))


def package_delete(call: Call) -> None:
    """Ask for the withdrawal of a published dataset (``note`` says why); a reviewer decides."""
    actor = _writer(call, SUBMIT)
    entry = _found(call, actor, SUBMIT)
    if entry.status in EDITABLE:
        raise Invalid("id", "A draft is not published, so it cannot be withdrawn")
    note = call.given.text("note").strip() or f"{actor.name} 通过 CKAN 接口申请撤销"
    review.submit(call.session, actor, KIND, [entry.id], action="withdraw", note=note)


def _writer(call: Call, permission: str) -> Actor:
    if call.actor is None:
        raise NotAuthorized("a valid API token is needed")
    require(call.actor, permission)
    return call.actor


def _found(call: Call, actor: Actor, permission: str) -> DataEntry:
    """The entry of ``id``; one that the actor does not see does not exist, one of a foreign department neither."""
    entry_id = entry_id_of(call.session, call.given.required("id"))
    entry = call.session.scalar(
        select(DataEntry).where(DataEntry.id == entry_id, nodes.visible(actor, DataEntry))
    ) if entry_id else None
    if entry is None:
        raise NotFound("Dataset was not found.")
    require(actor, permission, department_id=entry.department_id)
    return entry


def _edit(call: Call, values: dict[str, Any]) -> dict[str, Any]:
    actor = _writer(call, EDIT)
    entry = _found(call, actor, EDIT)
    owner = call.given.text("owner_org")
    if owner and (org := org_of(call.session, owner)) is not None and org.id != entry.department_id:
        raise Invalid("owner_org", "A dataset is moved to another department by a transfer, not by an edit")
    service.edit(call.session, actor, KIND, entry, values)
    return package(_proposed(call.session, entry), call.site, state="draft")


def _proposed(session: Session, entry: DataEntry) -> Sealed:
    """The entry as it will be once approved."""
    held = draft_of(session, entry)
    change = nodes.change(session, entry.id)
    fields = dict(change.proposed.get("fields", {})) if change is not None else {}  # type: ignore[call-overload]
    known: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in fields.items() if name in FIELDS and name != "data_updated_at"
    }
    return dataclasses.replace(held, entry=dataclasses.replace(held.entry, **known))


def _values(given: Parameters) -> dict[str, Any]:
    """The directory's fields of a dataset as CKAN sends it; only those that were given."""
    unknown = set(given.values) - _FIELDS - _IGNORED
    if unknown:
        raise Invalid(min(unknown), "Unknown field")
    if given.text("type", "dataset") not in ("", "dataset"):
        raise Invalid("type", "Only datasets are kept here")
    makers: dict[str, tuple[str, Callable[[Parameters], Any]]] = {
        "title": ("name", lambda p: p.text("title").strip()), "notes": ("abstract", lambda p: p.text("notes")),
        "groups": ("theme", _theme), "resources": ("formats", _formats), "url": ("source_url", _url),
        "tags": ("keywords", _tags), "tag_string": ("keywords", _tags),
    }
    values = {field: maker(given) for name, (field, maker) in makers.items() if given.has(name)}
    if "source_url" not in values and given.has("resources"):
        values |= _source(given)
    return values | _extras(given)


def _objects(given: Parameters, name: str) -> list[Mapping[str, Any]]:
    value = given.values.get(name) or []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value) or len(value) > 1000:
        raise Invalid(name, "Must be a list of objects")
    return value


def _tags(given: Parameters) -> list[str]:
    if given.has("tags"):
        return [Parameters(one).required("name").strip() for one in _objects(given, "tags")]
    return [word.strip() for word in given.text("tag_string").split(",") if word.strip()]


def _theme(given: Parameters) -> str | None:
    found = _objects(given, "groups")
    if len(found) > 1:
        raise Invalid("groups", "A dataset has one theme")
    for one in found:
        token = next((t for t in (theme_of(str(one.get(key, ""))) for key in ("name", "id", "title")) if t), None)
        if token is None:
            raise Invalid("groups", "Group does not exist")
        return token
    return None


def _formats(given: Parameters) -> list[str]:
    words = [Parameters(one).text("format").strip().lower() for one in _objects(given, "resources")]
    return list(dict.fromkeys(word for word in words if word))


def _source(given: Parameters) -> dict[str, Any]:
    """The address of the resources where it is not the page that we show for it ourselves."""
    links = [Parameters(one).text("url") for one in _objects(given, "resources")]
    foreign = [link for link in links if web_address(link) and "/dataset/" not in link]
    return {"source_url": foreign[0]} if foreign else {}


def _url(given: Parameters) -> str | None:
    link = given.text("url").strip()
    if link and web_address(link) is None:
        raise Invalid("url", "Must be an http or https address")
    # the page of the dataset itself comes back from package_show
    return link if link and "/dataset/" not in link else None


def _extras(given: Parameters) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in _objects(given, "extras"):
        key, text = str(one.get("key", "")), Parameters(one).text("value").strip()
        if key in _LISTED:
            found[key] = _token(key, text)
        elif key in _TEXTS:
            found[key] = text or None
        elif key not in _MADE_HERE:
            raise Invalid("extras", f"Unknown key {key!r}")
    return found


def _token(key: str, text: str) -> str | None:
    try:
        return parse(_LISTED[key], text) if text else None
    except (BareNumber, UnknownLabel) as error:
        raise Invalid(key, "Not a value of the code list") from error
