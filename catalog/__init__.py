"""The four-level directory of a district: duties, data entries, systems, tables.

Features: ``codes`` (code lists, identifiers), ``nodes`` (tables, hashing, versions), ``entries`` and
``registry`` (editing), ``review`` (draft to published), ``imports`` (workbooks in and out), ``search``,
``tree``, ``stats``; ``demands`` (applications for data) stands beside them.

Invariants: a published version is a row of ``node_version`` whose hash covers the fields of one versioned
profile and the hash before it; publishing, its audit line and its anchoring leaf are one transaction; codes
are never reused; no credit code or class code is ever made up; a secret entry cannot be stored.
"""
