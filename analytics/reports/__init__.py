"""Reports: runs, their documents and manifest, verification and reproduction.

``build``, ``chapters``, ``charts``, ``header``, ``environment`` and ``manifest`` are pure: they know a folder and
nothing of databases, so that ``rerun`` can work with manifest, inputs and code alone.
"""
