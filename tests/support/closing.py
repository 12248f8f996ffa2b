"""The closing line that names what the machine does not have, and the requirement marks."""

import pytest

_missing: set[str] = set()


def missing(engine: str) -> None:
    """Remember that an optional engine was not found."""
    _missing.add(engine)


def configure(config: pytest.Config) -> None:
    """Register the marks of the project."""
    config.addinivalue_line("markers", "requirement(*ids): clauses of requirements.md that this test proves")
    config.addinivalue_line("markers", "engine(name): needs an optional real component")
    config.addinivalue_line(
        "markers", "one_database: dear test of the kernel; make test runs it on one database, make prove on both"
    )
    config.addinivalue_line("markers", "asyncio: stands on tests of web3's own classes, not on ours")
    config.addinivalue_line("markers", "pure: a rule without I/O, part of make check")
    config.addinivalue_line("markers", "architecture: a rule of the house, part of make check")


def summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write the closing line."""
    if _missing:
        names = ", ".join(sorted(_missing))
        terminalreporter.write_line(f"not found on this machine (make engines installs them): {names}")
    else:
        terminalreporter.write_line("every optional engine that was asked for was found")
