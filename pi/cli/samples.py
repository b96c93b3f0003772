"""``zerodigit samples``: list, export, import or delete the digits that were seen.

examples:
  zerodigit samples                      the last ones, and how many there are
  zerodigit samples --wrong --pictures   those read wrongly, as pictures
  zerodigit samples --digit 7 --last 50  the last fifty sevens
  zerodigit samples --json | jq .guess   for programs: see below
  zerodigit samples export ~/mine        as PNG files, and index.tsv with labels
  zerodigit samples import ~/mine        add them again, none twice: all or none
  zerodigit samples crops mine.npz       those with a label, for a class
  zerodigit samples delete 12 13         delete these two
  zerodigit samples delete --all         all, and damaged files set aside, too

All of it while the service runs. Whoever is in the group zerodigit may.

A file of crops holds 28x28 pixels and a label of each, the newest 2,000 of
them, and no photograph, no time and nothing of what was read.

--json prints an object a line, the oldest first: id; time (s since 1970) and
trusted (whether the clock was right); guess, confidence and probabilities of
the eleven classes; label (null: nobody has said), origin (who has) and model
(what read it). Class 10 is no digit. With --pictures also image: base64 of
28x28 bytes in rows, ink = 255.
"""

from __future__ import annotations

import argparse
import json
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pi.cli import flags
from pi.cli.errors import OK, UsageError
from pi.cli.format import sample_line, sample_picture
from pi.cli.streams import say
from pi.system.owner import as_owner

if TYPE_CHECKING:
    from pi.config import Config
    from pi.samples.store import Sample, SampleStore


def add_parser(subparsers: Any) -> None:
    """Add the command and its arguments."""
    parser = flags.add_command(
        subparsers,
        "samples",
        run,
        __doc__,
        codes={
            3: "what should be imported cannot be read",
            7: "samples or files cannot be read or written; no such sample",
        },
    )
    flags.add_settings(parser)
    add_filters(parser)
    flags.add_json(parser)
    parser.add_argument("--pictures", action="store_true", help="draw each digit")
    parser.add_argument(
        "--last", type=int, default=20, metavar="N", help="list so many (default %(default)s)"
    )
    parser.set_defaults(do=_list)
    verbs = parser.add_subparsers(
        title="what to do", description="without WHAT the samples are listed", metavar="WHAT"
    )
    export = verbs.add_parser("export", help="write pictures and index.tsv to a folder")
    # Not as a Path, which would take ./- for -.
    export.add_argument(
        "folder", metavar="FOLDER", help='a new one; "-": as a ZIP on standard output'
    )
    export.set_defaults(do=_export)
    crops = verbs.add_parser("crops", help="write those with a label to one file, for a class")
    crops.add_argument("file", metavar="FILE", help='where to, "-": standard output')
    crops.set_defaults(do=_crops)
    take = verbs.add_parser(
        "import",
        help="add the pictures of a folder, labelled by its index.tsv, or in folders 0 to 9",
    )
    take.add_argument("folder", type=Path, metavar="FOLDER", help="such a folder")
    take.set_defaults(do=_import)
    delete = verbs.add_parser("delete", help="delete some, or all")
    delete.add_argument(
        "ids", type=flags.sample_id, nargs="*", metavar="ID", help="as in the list"
    )
    delete.add_argument(
        "--all", action="store_true", help="every one, and damaged files set aside; asks before"
    )
    delete.add_argument("--yes", action="store_true", help="--all: do not ask")
    delete.set_defaults(do=_delete)


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Flags that choose some samples."""
    add = parser.add_argument
    add(
        "--digit",
        type=int,
        choices=range(10),
        metavar="D",
        help="those labelled D, or without a label read as D",
    )
    add("--labelled", action="store_true", help="those with a label")
    add("--unlabelled", action="store_true", help="those without a label")
    add("--wrong", action="store_true", help="those whose label is not what was read")


def run(args: argparse.Namespace) -> int:
    """Do it; 0, or another code through an expected error."""
    flags.check_json(args, args.do is _list)
    settings = flags.load_settings(args)
    flags.say_where(settings)
    args.do(args, settings)
    return OK


@contextmanager
def _store(settings: Config) -> Iterator[SampleStore]:
    from pi.samples.store import SampleStore

    with as_owner(Path(settings.samples.folder)), SampleStore.of(settings) as store:
        yield store


def chosen(args: argparse.Namespace, store: SampleStore, last: int | None) -> list[Sample]:
    """The samples that the flags choose."""
    if args.labelled and args.unlabelled:
        raise UsageError("either --labelled or --unlabelled")
    where, values = ["1"], []
    if args.digit is not None:
        where.append("coalesce(label, guess) = ?")
        values.append(args.digit)
    if args.labelled:
        where.append("label IS NOT NULL")
    if args.unlabelled:
        where.append("label IS NULL")
    if args.wrong:
        where.append("label IS NOT NULL AND label IS NOT guess")
    return store.select(" AND ".join(where), values, last=last)


def _for_programs(sample: Sample, picture: bool) -> dict[str, Any]:
    names = ("id", "time", "trusted", "guess", "confidence", "probabilities", "label", "origin")
    said = {name: getattr(sample, name) for name in (*names, "model")}
    return said | ({"image": b64encode(sample.image).decode()} if picture else {})


def _list(args: argparse.Namespace, settings: Config) -> None:
    from pi.devices.terminal import Terminal

    terminal = Terminal(sys.stdout)
    with _store(settings) as store:
        samples, counts = chosen(args, store, args.last), store.counts()
    for sample in samples:
        if args.json:
            print(json.dumps(_for_programs(sample, args.pictures)))
            continue
        print(sample_line(sample))
        if args.pictures:
            terminal.picture(sample_picture(sample, terminal.live and terminal.unicode), 8)
    if args.json:
        return
    print(
        f"{counts['all']} samples, {counts['labelled']} with a label, "
        f"{counts['corrected']} of them read wrongly"
    )


@flags.with_output("folder")
def _export(args: argparse.Namespace, settings: Config) -> None:
    from core.files.output import STDOUT
    from pi.samples import import_export

    with _store(settings) as store:
        samples = chosen(args, store, None)
    zipped = args.folder == STDOUT
    write = import_export.export_zipped if zipped else import_export.export
    count = write(samples, Path(args.folder))
    say(f"{count} samples written to {args.folder}")


@flags.with_output("file")
def _crops(args: argparse.Namespace, settings: Config) -> None:
    from core.files.output import write_output
    from pi.samples import crops

    with _store(settings) as store:
        samples = [each for each in chosen(args, store, None) if each.label is not None]
    with write_output(args.file) as file:
        file.write(crops.pack(samples))
    say(f"{min(len(samples), crops.MOST)} labelled digits written to {args.file}")


def _import(args: argparse.Namespace, settings: Config) -> None:
    from pi.samples import import_export

    samples = import_export.read(args.folder)
    with _store(settings) as store:
        added, there, pruned = store.add_new(samples)
    print(f"{added} samples taken in, {there} were there already")
    if pruned:
        print(f"{pruned} without a label deleted, the oldest: samples.most, samples.most_mb")


def _delete(args: argparse.Namespace, settings: Config) -> None:
    if bool(args.ids) == args.all:
        raise UsageError("which ones? give their numbers, or --all")
    with _store(settings) as store:
        if args.all and not args.yes and not _confirmed(store):
            say("nothing deleted")
            return
        count = store.delete_all() if args.all else store.delete(args.ids)
        print(f"{count} samples deleted")
        if args.all:
            from pi.samples import files

            removed, emptied = files.remove_set_aside(store.path)
            if removed:
                print(f"{removed} damaged files deleted that were set aside")
            if emptied:
                print(
                    f"{emptied} damaged files emptied that were set aside: not yours to delete"
                )


def _confirmed(store: SampleStore) -> bool:
    """Whether whoever sits at the terminal wants all samples deleted."""
    if not sys.stdin.isatty():
        raise UsageError("delete every sample and label? say so with --yes")
    counts = store.counts()
    print(
        f"{counts['all']} samples, {counts['labelled']} of them labelled, would be lost for "
        "good; `zerodigit samples export` saves them.\nDelete them all? y/N > ",
        end="",
        flush=True,
    )
    return sys.stdin.readline().strip().lower() in ("y", "yes")
