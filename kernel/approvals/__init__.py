"""Maker–checker: one person proposes exact parameters, another decides, the effect uses the approval once.

Public surface: ``service.propose/decide/consume/withdraw``, ``registry.approval_kind``, ``tasks.task_source``.
Invariants: the digest binds kind and parameters; maker and checker are different persons; an approval that was
rejected, used, withdrawn or is past its time never opens anything.
"""
