"""Replacing sensitive columns of departments' own databases by identifiers, by adapter or by an offline package.

Surface: ``targets`` (whose database), ``service`` (a job: preview, check, decide, run, undo), ``engine`` (what a job
does), ``packages`` (where this program may not connect), ``offline/mulian_replace.py`` (what runs there).
Invariants: what a row held is in the sealed undo file before the row is changed; a row is changed only from exactly
the value that was read; a job goes on by its journal of ranges, never by how a value looks; undo needs two persons.
"""
