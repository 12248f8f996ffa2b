"""Registries on the chain that the platform writes by itself: interfaces, key rotations, use, entries, releases.

A record is written in the transaction of its cause, where the registry is switched on, and carried out later: the
chain is asked how far it is, and the next call follows from that, so that a record that is there already is never
written twice. The department keys are kept by the platform: they are custodial.
"""
