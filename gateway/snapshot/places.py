"""Where the parts of one environment's gateway keep what is theirs: sockets, nonces, status and call log.

The test environment has folders of its own, so that neither its calls nor its state ever mix with production's.
"""

from dataclasses import replace

from kernel.home import Home
from kernel.runtime import Runtime

PRODUCTION, TEST = PLACES = ("production", "test")


def home_of(home: Home, environment: str) -> Home:
    """Return the home as a gateway of this environment sees it."""
    if environment == PRODUCTION:
        return home
    place, folder = Home(home.root), home.root / "environments" / environment
    place.run_dir, place.calllog_dir = folder / "run", folder / "calllog"
    place.run_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return place


def runtime_in(runtime: Runtime, environment: str) -> Runtime:
    """Return the runtime of a gateway process of this environment."""
    return replace(runtime, home=home_of(runtime.home, environment))
