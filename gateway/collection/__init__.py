"""Collection 汇聚: tasks that pull rows from an interface, a database or a file into a table of the platform.

Public surface: ``tables``, ``tasks``, ``runs``, ``problems`` (use cases), ``engine.run``.

Invariants
- Rows, 问题数据 and the place from which to go on are committed together: a chunk is there whole and once, or not.
- Clear text of an encrypted column is never bound, stored or logged; a row that was refused is stored sealed, whole.
- A full load is seen when it is complete, by one update; until the next one it can be undone likewise.
- Every connection goes through the outbound guard.
"""
