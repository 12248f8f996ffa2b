"""Every command takes --home and --json, except processes that run until they are stopped."""

import pytest
from typer.main import get_command

from mulian import commands
from mulian.cli import build
from mulian.reference import _walk

pytestmark = pytest.mark.architecture
# command -> why it has not both
EXCEPTIONS = {
    "mulian serve": "a process: its answer is the ready line",
    "mulian api": "a process",
    "mulian worker": "a process",
    "mulian chain serve": "a process",
    "mulian gateway serve": "a process",
    "mulian chain init-besu": "makes the files of another program's network; no home is read",
    "mulian chain record-fixtures": "reads a foreign node; no home is read",
    "mulian contract operation key": "runs on a member's own machine, where there is no home",
    "mulian contract operation sign": "runs on a member's own machine, where there is no home",
    "mulian witness serve": "a process",
    "mulian witness cosign": "its answers are lines of JSON",
    "mulian openapi": "belongs to the program, not to a home; its output is JSON",
}


def test_every_command_takes_home_and_json() -> None:
    lacking = {
        path
        for path, command in _walk("mulian", get_command(build(commands)))
        if not {"--home", "--json"} <= {option for parameter in command.params for option in parameter.opts}
    }
    assert lacking == set(EXCEPTIONS)
