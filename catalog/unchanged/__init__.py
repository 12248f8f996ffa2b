"""本周期无变化: a department's answer that the data of an entry was checked in this period and is unchanged.

Public surface: ``service.confirm/revoke``, ``queries.latest``. Invariants: an answer is of one entry, one period of its
update cycle and one version; it counts for 时效性 like an update at its instant and changes nothing of the entry;
silence is no answer; what is taken back stays readable.
"""
