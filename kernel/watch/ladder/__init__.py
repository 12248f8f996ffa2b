"""How far one comes on the way to a target: name, port, TLS, HTTP, structure, data; and who has to look.

Invariants: a rung is only climbed when the one below held; the sentence is made of the rungs alone, so it can be
checked against its evidence; what the guard refuses is ours, never the target's.
"""
