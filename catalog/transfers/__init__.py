"""移交: nodes go from one department to another, approved by both sides.

Public surface: ``service.preview/propose/decide/withdraw/reverse``. Invariants: codes and ids stay; a published node
gets a new version with the new department, its old versions keep the old name; two decisions by two persons who are
not the proposer; all nodes of a transfer move in one transaction or none does; a node is in at most one open transfer
or duty change.
"""
