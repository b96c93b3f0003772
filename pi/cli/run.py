"""``zerodigit run``: read what the camera sees and light the digit, for ever.

examples:
  zerodigit run                       as /etc/zerodigit/zerodigit.toml says
  zerodigit run --set camera.type=scene --set 'display.type=["terminal"]'
                                      simulated sheets, drawn in the terminal
  zerodigit run --config mine.toml    other settings than the machine's

On a Raspberry Pi systemd runs it: `systemctl status zerodigit`,
`journalctl -fu zerodigit`.

signals:
  SIGTERM, SIGINT   stop: go dark, let camera and pins go, exit code 0
  SIGHUP            read settings and weights again
                    (systemctl reload zerodigit)

environment:
  ZERODIGIT_CONFIG        another file than /etc/zerodigit/zerodigit.toml
  ZERODIGIT_RUN           the folder of the lock and of the control socket
  GPIOZERO_PIN_FACTORY    "mock" runs without a Raspberry Pi, lighting nothing
"""

from __future__ import annotations

import argparse
import faulthandler
import logging
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ZerodigitError
from pi.cli import errors, flags
from pi.cli.errors import OK
from pi.system.owner import as_owner

if TYPE_CHECKING:
    from pi.service.loop import Service


def add_parser(subparsers: Any) -> None:
    """Add the command and its arguments."""
    parser = flags.add_command(
        subparsers,
        "run",
        run,
        __doc__,
        codes={
            0: "stopped by a signal",
            1: "it runs already; the run folder is not its own",
            4: "no weights can be used",
            5: "no pins for lights and buttons; the camera hangs for good",
            7: "the run folder cannot be written",
        },
    )
    flags.add_settings(parser)


def run(args: argparse.Namespace) -> int:
    """Run until told to stop; 0 then."""
    from pi import config
    from pi.system import logs

    settings = flags.load_settings(args)
    logs.set_up(settings.service.log_level)
    flags.say_where(settings)

    from pi.service.loop import Service

    # Where it hung, in the log, when systemd's watchdog ends it by SIGABRT.
    faulthandler.enable()
    try:
        with as_owner(Path(settings.samples.folder), also=config.run_folder(settings)):
            service = Service(lambda: flags.load_settings(args))
            _handle_signals(service)
            service.run()
    except ZerodigitError as error:
        if not logs.leads_to_journal(sys.stderr) or errors.debugging():
            raise
        # As an error, which a line on stderr is not for the journal.
        logging.getLogger("zerodigit").error("%s", error)
        return errors.exit_code(error)
    return OK


def _handle_signals(service: Service) -> None:
    """Let SIGTERM and SIGINT stop the loop, and SIGHUP reload; handlers only set a flag."""

    def handle(number: int, frame: object) -> None:
        if number == signal.SIGHUP:
            service.reload()
        else:
            service.stop(signal.Signals(number).name)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, handle)
