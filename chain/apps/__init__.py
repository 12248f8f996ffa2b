"""区块链应用对接: applications that store evidence on the chain, from registration to the production environment.

Invariants
- An application has one place per environment, each with its own credential, stream, daily quota and callback; the
  credential alone decides the environment, so nothing done in test reaches a production stream.
- Evidence that was acknowledged is committed together with its leaf, hence anchored exactly once. Within a place the
  application's own number (``client_id``) names a piece of evidence: sent again it is the same one, with other
  content it is refused.
- The production environment opens by a second person's decision over the digest of a test report.
- What is sent to an application's address goes through the outbox and the outbound guard.
"""
