"""What kernel/watch looks at for the gateway: sources, contracts, freshness, golden answers, chain match, drift.

Invariants: every published interface has a target for its source; what an officer declares beyond that is a row of
``models.HealthCheck``; interfaces that share an upstream alarm as one incident.
"""
