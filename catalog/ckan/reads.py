"""The actions that read. Each gets a :class:`Call` and returns the ``result``."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy.orm import Session

from catalog.ckan import conditions
from catalog.ckan.errors import NotFound, SearchQueryError
from catalog.ckan.fq import Match, parse
from catalog.ckan.package import LICENSES, group, organization, package, resource_id, resources, tag, theme_of
from catalog.ckan.parameters import ROWS, Parameters, as_uuid
from catalog.feed import queries
from catalog.feed.content import PublicOrg, Sealed
from catalog.feed.models import FeedRecord
from catalog.feed.site import Site
from catalog.nodes.models import DataEntry
from catalog.nodes.queries import visible
from catalog.permissions import READ
from catalog.usage import buffer as usage
from kernel.identity.actor import Actor
from kernel.identity.models import Department

CKAN_VERSION = "2.10.0"
"""The version whose API is spoken; clients choose their calls by it."""

_FACETS = 50


@dataclass(frozen=True)
class Call:
    """One call of an action. ``actor`` is None without a valid API token; ``counted``: a reader gets what it says."""

    session: Session
    site: Site
    actor: Actor | None
    given: Parameters
    counted: bool = True

    def note(self, entry_id: uuid.UUID) -> None:
        """Count a download of a public entry. Lists are not counted: a harvester would drown everybody else."""
        if self.counted:
            usage.note(self.session, entry_id, "downloads")


def status_show(call: Call) -> dict[str, Any]:
    """Who answers, and which version of the API."""
    return {
        "ckan_version": CKAN_VERSION, "site_title": call.site.title, "site_description": "", "site_url": call.site.base,
        "error_emails_to": None, "locale_default": "zh_Hans_CN", "extensions": [],
    }


def site_read(call: Call) -> bool:
    """Whether the site may be read: always."""
    return True


def license_list(call: Call) -> list[dict[str, Any]]:
    """The licences that datasets name."""
    found = {one.id: one for one in LICENSES.values()}
    return [
        {"id": one.id, "title": one.title, "is_okd_compliant": one.open, "is_osi_compliant": False, "status": "active"}
        for one in found.values()
    ]


def package_list(call: Call) -> list[str]:
    """The names of all public datasets; limit and offset cut it."""
    limit = call.given.number("limit", -1) if call.given.has("limit") else None
    ids = queries.page_ids(
        call.session, order=[DataEntry.id], limit=limit, offset=call.given.number("offset", 0)
    )
    return [str(one) for one in ids]


def current_package_list_with_resources(call: Call) -> list[dict[str, Any]]:
    """Whole datasets, the newest change first."""
    limit = call.given.number("limit", ROWS, most=ROWS)
    offset = call.given.number("offset", (max(call.given.number("page", 1), 1) - 1) * limit)
    return _packages(call, [], [FeedRecord.at.desc(), DataEntry.id], limit, offset)


def package_show(call: Call) -> dict[str, Any]:
    """One dataset by id, name or resource code. A token also sees drafts that its user may read."""
    given = call.given.required("id") if call.given.has("id") else call.given.required("name_or_id")
    found = queries.load(call.session, [one for one in [entry_id_of(call.session, given)] if one])
    if found:
        call.note(found[0].entry.id)
        return package(found[0], call.site)
    draft = _draft(call, given)
    if draft is None:
        raise NotFound("Dataset was not found.")
    return package(draft, call.site, state="draft")


def entry_id_of(session: Session, given: str) -> uuid.UUID | None:
    """The id that an id or a resource code names; whether there is such an entry is not said."""
    known = as_uuid(given)
    return known or session.scalar(select(DataEntry.id).where(DataEntry.code == given))


def _draft(call: Call, given: str) -> Sealed | None:
    entry_id = entry_id_of(call.session, given)
    if call.actor is None or not call.actor.may(READ) or entry_id is None:
        return None
    entry = call.session.scalar(
        select(DataEntry).where(DataEntry.id == entry_id, visible(call.actor, DataEntry))
    )
    return draft_of(call.session, entry) if entry is not None else None


def draft_of(session: Session, entry: DataEntry) -> Sealed:
    """An entry that is not public, in the public's form: for whoever may write it."""
    content = queries.contents(session, [entry.id])[entry.id]
    return Sealed(content, 0, entry.created_at, entry.updated_at)


def package_search(call: Call) -> dict[str, Any]:
    """Datasets that match q and fq, sorted, with facets. A page past the end is empty. Drafts are never searched."""
    given, session = call.given, call.session
    for name in ("include_private", "include_drafts", "include_deleted"):
        # to a stranger CKAN shows the public set; whoever has a key would take that set for all that he may see
        if given.flag(name) and call.actor is not None:
            raise SearchQueryError(f"{name} is not supported; read drafts by package_show")
    q, sort = given.text("q"), given.text("sort")
    filters = [*given.words("fq"), *given.words("fq_list")]
    where = [conditions.query_condition(session, q), *(conditions.condition(session, parse(one)) for one in filters)]
    order = conditions.order(sort or "score desc, metadata_modified desc", q)
    rows, start = given.number("rows", 10, most=ROWS), given.number("start", 0)
    fields = given.words("facet.field") if given.flag("facet", True) else []
    facets = {name: _facet(call, name, where) for name in fields}
    return {
        "count": queries.count(session, *where), "sort": sort or "score desc, metadata_modified desc",
        "results": _packages(call, where, order, rows, start),
        "facets": {name: {value: count for value, _, count in found} for name, found in facets.items()},
        "search_facets": {
            name: {
                "title": name,
                "items": [{"name": value, "display_name": label, "count": count} for value, label, count in found],
            }
            for name, found in facets.items()
        },
    }


def _facet(call: Call, name: str, where: Sequence[ColumnElement[bool]]) -> list[tuple[str, str, int]]:
    limit = call.given.values.get("facet.limit")
    most = ROWS if str(limit) == "-1" else call.given.number("facet.limit", _FACETS, most=ROWS)
    least = call.given.number("facet.mincount", 1)
    found = conditions.facet(call.session, name, where)
    return [one for one in found if one[2] >= max(least, 1)][:most]


def _packages(
    call: Call, where: Sequence[ColumnElement[bool]], order: Sequence[Any], limit: int, offset: int
) -> list[dict[str, Any]]:
    ids = queries.page_ids(call.session, *where, order=order, limit=limit, offset=offset)
    return [package(one, call.site) for one in queries.load(call.session, ids)]


def resource_show(call: Call) -> dict[str, Any]:
    """One resource by its id."""
    given = call.given.required("id")
    entry_id = as_uuid(given[:36])
    for sealed in queries.load(call.session, [entry_id] if entry_id else []):
        names = dict.fromkeys(sealed.entry.formats)
        for name, one in zip(names, resources(sealed.entry, sealed, call.site), strict=True):
            if resource_id(sealed.entry.id, name) == given:
                call.note(sealed.entry.id)
                return one
    raise NotFound("Resource was not found.")


def organization_list(call: Call) -> list[Any]:
    """Departments that have public datasets; names, or whole with all_fields."""
    counts = _counted(call, DataEntry.department_id)
    orgs = sorted(queries.orgs_of(call.session, set(counts)).values(), key=lambda org: org.code)
    wanted = set(call.given.words("organizations"))
    chosen = [organization(org) | {"package_count": counts[org.id]} for org in orgs]
    return _listed(call, [one for one in chosen if not wanted or one["name"] in wanted])


def organization_show(call: Call) -> dict[str, Any]:
    """One department by id, name, credit code or title."""
    given = call.given.required("id")
    org = org_of(call.session, given)
    where: list[ColumnElement[bool]] = [DataEntry.department_id == org.id] if org else [false()]
    count = queries.count(call.session, *where)
    if org is None or not count:
        raise NotFound("Organization was not found.")
    return _with_packages(call, organization(org) | {"package_count": count}, where, default=False)


def org_of(session: Session, given: str) -> PublicOrg | None:
    """The department that an id, a code or a name names."""
    known = [
        func.lower(Department.code) == given.lower(), func.lower(Department.uscc) == given.lower(),
        Department.name == given,
    ]
    if identity := as_uuid(given):
        known.append(Department.id == identity)
    found = session.scalars(select(Department.id).where(or_(*known)).order_by(Department.id).limit(1)).first()
    return queries.orgs_of(session, {found})[found] if found else None


def group_list(call: Call) -> list[Any]:
    """Themes that public datasets have; names, or whole with all_fields."""
    counts = _counted(call, DataEntry.theme)
    wanted = set(call.given.words("groups"))
    chosen = [group(token) | {"package_count": counts[token]} for token in sorted(counts)]
    return _listed(call, [one for one in chosen if not wanted or one["name"] in wanted])


def group_show(call: Call) -> dict[str, Any]:
    """One theme by id, name or title."""
    token = theme_of(call.given.required("id"))
    where = [DataEntry.theme == token]
    count = queries.count(call.session, *where) if token else 0
    if token is None or not count:
        raise NotFound("Group was not found.")
    return _with_packages(call, group(token) | {"package_count": count}, where, default=False)


def tag_list(call: Call) -> list[Any]:
    """Keywords of public datasets, by name; query keeps those that contain it."""
    query = call.given.text("query").lower()
    words = sorted(word for word, _, _ in conditions.facet(call.session, "tags", []) if query in word.lower())
    return [tag(word) for word in words] if call.given.flag("all_fields") else words


def tag_show(call: Call) -> dict[str, Any]:
    """One keyword, with its datasets when include_datasets is true."""
    given = call.given.required("id")
    words = {word: tag(word) for word, _, _ in conditions.facet(call.session, "tags", [])}
    found = words.get(given) or next((one for one in words.values() if one["id"] == given), None)
    if found is None:
        raise NotFound("Tag was not found.")
    where = [conditions.condition(call.session, Match("tags", found["name"], quoted=True))]
    return _with_packages(call, found, where, default=False)


def _counted(call: Call, column: Any) -> dict[Any, int]:
    query = queries.shown(column, func.count()).where(column.is_not(None)).group_by(column)
    return dict(call.session.execute(query).tuples().all())


def _listed(call: Call, found: list[dict[str, Any]]) -> list[Any]:
    limit = call.given.number("limit", ROWS, most=ROWS)
    offset = call.given.number("offset", 0)
    if call.given.text("sort") in ("package_count desc", "package_count"):
        found = sorted(found, key=lambda one: (-one["package_count"], one["name"]))
    chosen = found[offset : offset + limit]
    return chosen if call.given.flag("all_fields") else [one["name"] for one in chosen]


def _with_packages(
    call: Call, found: dict[str, Any], where: Sequence[ColumnElement[bool]], *, default: bool
) -> dict[str, Any]:
    if not call.given.flag("include_datasets", default):
        return found
    return found | {"packages": _packages(call, where, [DataEntry.id], ROWS, 0)}


