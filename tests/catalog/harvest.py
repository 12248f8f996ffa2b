"""A client that asks what CKAN's own harvester asks, in its order: whole harvests and what changed since.

It sorts by id, pages by 100 until a page brings nothing new, takes the last good run less an hour as the time of
changes, and gives up where two pages are alike or an answer is no JSON.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import requests


class PagingFailed(Exception):
    """The answers cannot be a CKAN's."""


@dataclass
class CkanHarvester:
    """One harvest source; ``config`` as its users write it."""

    url: str
    config: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def gather(self, last_good: datetime | None = None) -> list[dict[str, Any]]:
        """The datasets of one run; with ``last_good`` only what changed, unless the source forces all."""
        terms = self._terms()
        if last_good is not None and not self.config.get("force_all"):
            since = (last_good - timedelta(hours=1)).replace(tzinfo=None).isoformat()
            try:
                return self._search([*terms, f"metadata_modified:[{since}Z TO *]"])
            except PagingFailed:
                pass
        return self._search(terms)

    def organization(self, name: str) -> dict[str, Any]:
        """What is asked when an organization is to be created at the harvester's side."""
        return dict(json.loads(self._get(f"{self.url}/api/3/action/organization_show?id={name}"))["result"])

    def group(self, identity: str) -> dict[str, Any]:
        """What is asked when a group is to be created at the harvester's side."""
        return dict(json.loads(self._get(f"{self.url}/api/3/action/group_show?id={identity}"))["result"])

    def _terms(self) -> list[str]:
        terms: list[str] = []
        for field_name, word in (("organization", "organizations"), ("groups", "groups")):
            include: Sequence[str] = self.config.get(f"{word}_filter_include", ())
            if include:
                terms.append(" OR ".join(f"{field_name}:{name}" for name in include))
            else:
                terms += [f"-{field_name}:{name}" for name in self.config.get(f"{word}_filter_exclude", ())]
        return terms

    def _search(self, terms: Sequence[str]) -> list[dict[str, Any]]:
        asked = {"rows": "100", "start": "0", "sort": "id asc"} | ({"fq": " ".join(terms)} if terms else {})
        found: dict[str, dict[str, Any]] = {}
        before: str | None = None
        while True:
            content = self._get(f"{self.url}/api/3/action/package_search?{urlencode(asked)}")
            if before is not None and content == before:
                raise PagingFailed("two pages are alike")
            try:
                page = json.loads(content).get("result", {}).get("results", [])
            except ValueError as error:
                raise PagingFailed("no JSON") from error
            fresh = [one for one in page if one["id"] not in found]
            if not fresh:
                return list(found.values())
            found |= {one["id"]: one for one in fresh}
            before, asked["start"] = content, str(int(asked["start"]) + int(asked["rows"]))

    def _get(self, url: str) -> str:
        self.asked.append(url)
        headers = {"Authorization": self.config["api_key"]} if "api_key" in self.config else {}
        return requests.get(url, headers=headers, timeout=30).text
