"""职责变更: a duty moves to another department, several become one, one becomes several, or it is abolished.

Public surface: ``service.preview/propose/decide/withdraw``, ``tasks``. Invariants: proposed by one person and decided
by another over exactly the parameters seen; applied in one transaction: new duties, last versions of the old ones,
``duty_duty`` links, links to the data below, and one task for everything below, each with its department; a duty under
review or in another open act cannot be changed; an applied change is final.
"""
