"""The interface gateway: control plane (interfaces, apps, grants), data plane (``gateway.proxy``), call log.

Public surface: the ``service`` modules of the features, ``gateway.proxy.server.run``, ``gateway.calllog.reader``.

Invariants
- The framing core (``gateway.proxy.framing``) knows no feature and refuses what two parsers could read in two ways.
- Data leaves only through a policy compiled for one grant; when the policy cannot be applied, nothing leaves.
- A call is in the log before the first byte of its answer leaves.
- A worker serves a checked, numbered snapshot or refuses; it never serves an empty configuration.
"""
