"""``zerodigit status``: how the running service is, and what it read last.

examples:
  zerodigit status
  zerodigit status --json | jq .readings[0].digit

You have to be root, the user of the service, or in the group zerodigit:
  sudo usermod -aG zerodigit $USER, and log in again.
"""

from __future__ import annotations

import argparse
from typing import Any

from pi.cli import flags
from pi.cli.errors import OK


def add_parser(subparsers: Any) -> None:
    """Add the command and its arguments."""
    parser = flags.add_command(
        subparsers,
        "status",
        run,
        __doc__,
        codes={1: "the service is down, or may not be asked"},
    )
    parser.add_argument("--json", action="store_true", help="all of it as JSON, for programs")
    flags.add_settings(parser)


def run(args: argparse.Namespace) -> int:
    """Ask the service and print its answer; OK. Raises ServiceError."""
    from pi import config
    from pi.control.client import SOCKET, ask, understood

    folder = config.run_folder(flags.load_settings(args))
    answer = ask(folder / SOCKET, {"do": "status"})
    if args.json:
        import json

        print(json.dumps(answer, indent=2))
    else:
        with understood():
            lines = in_words(answer)
        print("\n".join(lines))
    return OK


def in_words(status: dict[str, Any]) -> list[str]:
    """The service's answer as lines for people."""
    rows = [
        ("running since", f"{_moment(status['running_since'])} ({span(status['uptime_s'])})"),
        ("camera", _camera(status["camera"])),
        ("display", f"{', '.join(status['display']['type'])}: {status['display']['shows']}"),
        ("frames", _frames(status)),
        ("memory", _memory(status)),
        ("temperature", _temperature(status)),
        ("weights", _weights(status["weights"])),
        ("samples", _samples(status.get("samples"))),
        ("nights", _night(status.get("retraining"), status.get("last_night"))),
    ]
    if status.get("memory") is not None:
        rows.insert(-1, ("labels read by", _remembered(status["memory"])))
    if status.get("next_night") is not None:
        rows.append(("next night", status["next_night"]))
    lines = [f"{name:14} {said}" for name, said in rows]
    lines.append(f"last readings  {'none yet' if not status['readings'] else ''}".rstrip())
    return lines + [_reading(each) for each in status["readings"]]


def _camera(camera: dict[str, Any]) -> str:
    said = f"{camera['type']}, {camera['state']}"
    if camera["trouble"] is not None:
        return f"{said}: {camera['trouble']}"
    return said + (f", {camera['troubles']} failures so far" if camera["troubles"] else "")


def _frames(status: dict[str, Any]) -> str:
    said = f"{status['frames']:,} seen, {status['frames_read']:,} worth reading, "
    said += f"{status['rate']:.1f} a second"
    return said if status["ms"] is None else f"{said}, {status['ms']:.0f} ms a reading"


def _memory(status: dict[str, Any]) -> str:
    known = {
        "of it now": status["memory_kb"],
        "at most": status["memory_peak_kb"],
        "free here": status["available_kb"],
    }
    said = [f"{kb / 1024:.0f} MB {what}" for what, kb in known.items() if kb is not None]
    return ", ".join(said) or "not known"


def _temperature(status: dict[str, Any]) -> str:
    celsius = status["temperature_c"]
    said = "not known here" if celsius is None else f"{celsius:.0f} °C"
    now, before = status["throttled"], status["throttled_before"]
    if now:
        return f"{said}, {', '.join(now)} now"
    return f"{said}, since the start: {', '.join(before)}" if before else said


def _weights(weights: dict[str, Any] | None) -> str:
    if weights is None:
        return "not loaded yet"
    scores = ", ".join(f"{name} {value:.4f}" for name, value in weights["scores"].items())
    version = f"{weights['version']}: " if weights.get("version") else ""
    said = f"{version}{weights['file']}"
    said = f"{said} ({scores})" if scores else said
    return "; passed over: ".join([said, *weights.get("passed_over", ())])


def _samples(samples: dict[str, Any] | None) -> str:
    if samples is None:
        return "none are kept"
    said = "not counted yet"
    if samples["all"] is not None:
        said = f"{samples['all']}, {samples['labelled']} with a label, "
        said += f"{samples['corrected']} of them read wrongly"
    elif samples["why"]:
        said = "not known"
    if samples["waiting"]:
        why = samples["why"] or "being written"
        return f"{said}; labels not yet on the card: {samples['waiting']} ({why})"
    return f"{said}; no more are kept now ({samples['why']})" if samples["why"] else said


def _remembered(memory: dict[str, Any]) -> str:
    if memory["why"] is not None:
        return f"none: {memory['why']}"
    return (
        "being looked at" if memory["samples"] is None else f"{memory['samples'] or 'none yet'}"
    )


def as_sample(memory: dict[str, Any] | None) -> str:
    """By which sample something was read, to be added to the reading; "" if by none."""
    if memory is None:
        return ""
    return f", as sample {memory['sample']} was labelled ({memory['likeness']:.2f} alike)"


def _night(now: dict[str, Any] | None, last: dict[str, Any] | None) -> str:
    if now is not None:
        left = "" if now.get("left_s") is None else f", about {span(now['left_s'])} left"
        return f"at work: {now['stage']}, {now.get('share', 0):.0%} done{left}"
    if last is None:
        return "none yet"

    from pi.retraining import night_words

    return night_words.line(last)


def _reading(reading: dict[str, Any]) -> str:
    lasted = reading["shown_s"]
    how_long = "shown now" if lasted is None else f"shown {lasted:.1f} s"
    read = f"{reading['digit']} ({reading['confidence']:.2f})"
    took = f"{reading['ms']:.0f} ms, {reading['frames']} frames"
    by_memory = as_sample(reading.get("memory"))
    return f"  {span(reading['ago_s']):>8} ago  {read}  {took}, {how_long}{by_memory}"


def _moment(iso: str) -> str:
    return iso[:19].replace("T", " ")


def span(seconds: float) -> str:
    """``12 s``, ``3 min``, ``5 h 20 min``, ``4 d 2 h``."""
    minutes, hours, days = int(seconds / 60), int(seconds / 3600), int(seconds / 86400)
    if not minutes:
        return f"{seconds:.0f} s"
    if not hours:
        return f"{minutes} min"
    if not days:
        return f"{hours} h {minutes % 60} min"
    return f"{days} d {hours % 24} h"
