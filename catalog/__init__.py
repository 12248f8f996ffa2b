"""The four-level directory of a district: duties, data entries, systems, tables.

Features, from the ground up:

- ``codes`` (code lists, identifiers), ``nodes`` (tables, hashing, versions), ``links`` between them, ``public`` (the
  one definition of what is public), ``search``
- ``entries`` and ``registry`` (editing), ``proposals`` (items and tables to accept), ``review`` (draft to published),
  ``dutychange`` and ``transfers`` (what a reorganisation does), ``holds`` and ``dependents`` (what they must mind)
- ``imports`` (workbooks in and out), ``ledger`` (projects), ``tree``, ``trace``, ``history`` (any past day),
  ``orphans``, ``quality``, ``duplicates``, ``stats``, ``usage``
- ``comments``, ``subscriptions``, ``favourites``; ``demands`` (applications for data) stands beside them
- ``feed`` (public changes in order), and on it ``ckan``, ``dcat``, ``oai``

Invariants: a published version is a row of ``node_version`` whose hash covers the fields of one versioned
profile and the hash before it; publishing, its audit line and its anchoring leaf are one transaction; codes
are never reused; no credit code or class code is ever made up; a secret entry cannot be stored.
"""
