"""`status`: how the stack is, from release and health to secrets and drift, with what to do about it.

Exit codes: 4 something is to do, 1 not everything could be asked, 0 all is well.
"""

import argparse
import json
from pathlib import Path

from rich.console import Console

from ci.cli import Cli
from ci.status.page import page
from ci.status.report import LOOKING, SOURCES, Report
from ci.status.subject import Subject
from ci.status.terminal import show


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--drift", action="store_true", help="look for drift now, in place of what the daily job has told")
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write it as a page too")


def run(options: argparse.Namespace, cli: Cli, console: Console) -> int:
    """Ask, and tell; gives the exit code. Raises CliError where there is no state."""
    report = Report.of(Subject.of(cli, look=options.drift), LOOKING if options.drift else SOURCES)
    if options.html:
        options.html.write_text(page([report]))
    if options.json:
        print(json.dumps(report.told))
    else:
        show(report, console)
    return report.code
