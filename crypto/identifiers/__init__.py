"""Identifiers (标识) that stand for the values of a department's field: issue, look up, recognise.

Public surface: ``service.issue``, ``service.look_up``, ``rules.recognise``, ``fields.declare``.
Invariants: one value of a field has one identifier of a form; an identifier tells nothing without the department's
key, and nothing of one department matches another's; values exist only as envelopes and as a blind index.
"""
