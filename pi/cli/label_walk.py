"""A walk through samples on a terminal: each with its pictures, and a key says what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from core.classes import NO_DIGIT
from pi.cli.format import crop_picture, sample_line, sample_picture
from pi.devices.terminal import Terminal
from pi.samples.database import NoSampleError
from pi.samples.store import SIDE, word

if TYPE_CHECKING:
    from pi.samples.store import Sample, SampleStore

KEYS = """\
  0 to 9   what it is              Enter  it was read rightly
  n        no digit                s      skip it
  d        delete it               u      undo what was done last
  q        enough                  ?      this help
Left is what the network was given, right the piece of photograph that it is from."""

_PROMPT = "0-9, Enter: right, n: no digit, s: skip, d: delete, u: undo, ?, q > "

# Ctrl-C and Ctrl-D among them, and the end of the input.
_ENDS = ("q", "", "\x03", "\x04")

_MARGIN, _BETWEEN = 2, 3
_COLUMNS = _MARGIN + 2 * SIDE + _BETWEEN


def by_worth(samples: Sequence[Sample], sure: float) -> list[int]:
    """The numbers of samples in the order in which labels for them teach most.

    First those of which the reading was less than ``sure`` (0..1), then the others; of both the
    newest first, which whoever has held them up still knows.
    """
    ordered = sorted(samples, key=lambda each: (each.confidence >= sure, -each.id))
    return [each.id for each in ordered]


class LabelWalk:
    """Shows samples one by one and does what the keys say, until the last or ``q``.

    What is said to be done is on the card.

    Parameters
    ----------
    store : has the samples.
    numbers : of the samples, in the order of the walk; those that are gone are passed over.
    stream : a terminal, or any text stream.
    notes : what is said of a sample besides, by its number.
    """

    def __init__(
        self,
        store: SampleStore,
        numbers: Sequence[int],
        stream: TextIO,
        notes: Mapping[int, str] | None = None,
    ) -> None:
        self._store = store
        self._notes = notes or {}
        self._numbers = list(numbers)
        self._stream = stream
        self._terminal = Terminal(stream)
        self._at = 0
        # What was done, the last at the end: where in the walk, and the sample as it was.
        self._done: list[tuple[int, Sample, str]] = []

    def run(self, key: Callable[[], str]) -> int:
        """Walk by the keys that ``key`` gives, "" at their end; how many got a label."""
        if self._numbers:
            self._say("? explains the keys")
        while self._at < len(self._numbers) or self._undone_at_the_end(key):
            number = self._numbers[self._at]
            try:
                sample = self._store.get(number)
                self._show(sample)
                pressed = key().lower()
                if pressed in _ENDS:
                    break
                said = self._press(pressed, sample)
            except NoSampleError:
                # The service lets old ones go, and others delete.
                self._numbers.remove(number)
                said = f"sample {number} is gone"
            self._say(said)
        labelled = sum(action == "label" for *_, action in self._done)
        left = len(self._numbers) - labelled
        self._say(f"\n{labelled} labelled, {left} left")
        return labelled

    def _undone_at_the_end(self, key: Callable[[], str]) -> bool:
        """Ask after the last sample whether to go back; whether there is a sample to show."""
        while self._done and self._at >= len(self._numbers):
            self._ask("that was the last. u: undo, any other key: done > ")
            if key().lower() != "u":
                return False
            self._say(self._undo())
        return self._at < len(self._numbers)

    def _say(self, text: str) -> None:
        print(text, file=self._stream)

    def _ask(self, prompt: str) -> None:
        print(prompt, end="", file=self._stream, flush=True)

    def _show(self, sample: Sample) -> None:
        terminal = self._terminal
        blocks = terminal.live and terminal.unicode
        lines = sample_picture(sample, blocks)
        if sample.crop is not None and terminal.size()[0] > _COLUMNS:
            beside = crop_picture(sample, blocks)
            beside += [""] * (len(lines) - len(beside))
            lines = [
                f"{left}{' ' * _BETWEEN}{right}"
                for left, right in zip(lines, beside, strict=True)
            ]
        self._say(f"\n{sample_line(sample)}   ({self._at + 1} of {len(self._numbers)})")
        if sample.id in self._notes:
            self._say(f"        {self._notes[sample.id]}")
        terminal.picture(lines, _MARGIN)
        self._ask(_PROMPT)

    def _press(self, pressed: str, sample: Sample) -> str:
        """Do what a key says about the sample; what has come of it, in words."""
        if pressed == "u":
            return self._undo()
        if pressed == "?":
            return KEYS
        if pressed == "s":
            return self._did("skip", sample, "skipped")
        if pressed == "d":
            self._store.delete([sample.id])
            self._numbers.remove(sample.id)
            self._done.append((self._at, sample, "delete"))
            return "deleted; u brings it back"
        label = _label(pressed, sample)
        if label is None:
            return "no such key; ? explains them"
        self._store.label(sample.id, label, "label")
        return self._did("label", sample, word(label))

    def _did(self, action: str, sample: Sample, said: str) -> str:
        self._done.append((self._at, sample, action))
        self._at += 1
        return said

    def _undo(self) -> str:
        """Undo what was done last, and go back to it."""
        if not self._done:
            return "there is nothing to undo"
        at, sample, action = self._done.pop()
        try:
            if action == "delete":
                self._store.restore(sample)
                self._numbers.insert(at, sample.id)
            elif action == "label":
                self._store.label(sample.id, sample.label, sample.origin)
        except NoSampleError:
            self._numbers.remove(sample.id)
            self._at -= 1
            return f"sample {sample.id} is gone"
        self._at = self._numbers.index(sample.id)
        return {"delete": "it is back", "label": "its label is undone", "skip": "back"}[action]


def _label(pressed: str, sample: Sample) -> int | None:
    """The label that a key gives; None if it gives none."""
    if len(pressed) == 1 and pressed in "0123456789":
        return int(pressed)
    if pressed == "n":
        return NO_DIGIT
    return sample.guess if pressed in ("\r", "\n") else None
