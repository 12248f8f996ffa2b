"""Kernel: what every floor above needs and no business knows.

Public surface: ``clock``, ``ids``, ``errors.define``, ``canonical``, ``digest``, ``db.Database``,
``home.Home``, ``settings.Settings``, ``runtime.Runtime``, ``events``, ``http``, ``cli`` and one folder
per service (identity, audit, jobs, outbox, approvals, notices, cases, duty, watch, files, documents,
calendar, outbound, secretbox). Invariants: imports nothing above itself; services never commit.
"""
