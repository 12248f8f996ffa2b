"""Where the embedded chain says how it is reached."""

from pathlib import Path

from kernel.home import Home


def url_file(home: Home) -> Path:
    """Return the file that holds the chain's URL once it listens (its port may be any free one)."""
    return home.run_dir / "chain.url"
