"""The guard for every connection that this platform opens to an address somebody typed.

Public surface: ``guard.client`` (sync HTTP), ``guard.connect`` (TCP), ``guard.resolve_pinned`` (async, for the
gateway), ``rules.Allowed``. Invariants: a name is resolved once and the connection goes to the address that was
checked; metadata and link-local addresses are never reached; private and loopback ones only where declared;
every redirect is checked like a first request.
"""
