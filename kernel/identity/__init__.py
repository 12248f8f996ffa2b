"""Identity: departments, users, roles as editable permission sets, passwords, sessions, API tokens.

Public surface: ``actor.Actor``, ``actor.require``, ``service`` (use cases), ``models``.
Invariants: nobody holds two of the three separated duties (三员分立); another department's object is 404.
"""
