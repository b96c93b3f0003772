"""How readings, samples and nights are written for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.reading.reader import Reading
    from pi.retraining.nightly import Night
    from pi.samples.store import Sample


def sample_line(sample: Sample) -> str:
    """One sample for people."""
    from datetime import datetime

    from pi.samples.store import word

    try:
        when = datetime.fromtimestamp(sample.time).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        # Taken in by an older version from an index that counts otherwise than in seconds.
        when = f"{'?':16}"
    when += " " if sample.trusted else "?"
    read = f"read {word(sample.guess)} ({sample.confidence:.2f})"
    if sample.label is None:
        return f"{sample.id:6d}  {when}  {read}"
    mark = "right" if sample.confirmed else f"is {word(sample.label)}"
    return f"{sample.id:6d}  {when}  {read}, {mark}  [{sample.origin}]"


def sample_picture(sample: Sample, blocks: bool) -> list[str]:
    """The 28x28, dark on light, as 14 lines."""
    import numpy as np

    from pi.devices.terminal import picture_lines
    from pi.samples.store import SIDE

    pixels = np.frombuffer(sample.image, np.uint8).reshape(SIDE, SIDE)
    return picture_lines(np.asarray(255 - pixels, np.uint8), SIDE, SIDE // 2, unicode=blocks)


def crop_picture(sample: Sample, blocks: bool) -> list[str]:
    """The piece of photograph that a sample, which must have one, is from; at most as large."""
    import numpy as np

    from pi.devices.terminal import picture_lines
    from pi.samples.store import SIDE

    pixels = np.frombuffer(sample.crop or b"", np.uint8).reshape(-1, sample.crop_width or 1)
    return picture_lines(pixels, SIDE, SIDE // 2, unicode=blocks)


def night_details(night: Night) -> list[str]:
    """Errors and confusions of a night, a line each; none of a night that counted nothing."""
    from pi.samples.store import word

    if "before" not in night:
        return []
    by = "" if night.get("offered") else ", each by weights that had not seen it"
    lines = [
        f"the owner's digits: {night['before']} of {night['digits']} not read before, "
        f"{night['after']} after{by}",
        f"not to be forgotten: {night['exam_before']} of {night['exam_count']} not read "
        f"before, {night['exam_after']} after",
    ]
    for name, text in (("confused", "before"), ("still_confused", "after")):
        pairs = [
            f"{word(label)} read as {word(taken)} {count}x"
            for label, taken, count in night.get(name, [])
        ]
        if pairs:
            lines.append(f"{text}: {', '.join(pairs)}")
    doubted = [
        f"sample {number}, labelled {word(label)}, is read as {word(taken)}"
        for number, label, taken in night.get("suspects", [])
    ]
    return lines + ([f"labels that may be wrong: {'; '.join(doubted)}"] if doubted else [])


def reading_words(reading: Reading) -> str:
    """``7 (0.98)``, ``unsure, perhaps 4 (0.43) or 9 (0.38)`` or ``no digit found``; of a digit
    that is read by a sample's label, which, and how much it resembles it."""
    if reading.digit is not None:
        found = reading.recollection
        by = "" if found is None else f", as sample {found.example}: {found.likeness:.2f} alike"
        return f"{reading.digit} ({reading.confidence:.2f}{by})"
    if reading.state == "empty" or reading.probabilities is None:
        return "no digit found"
    digits = [float(value) for value in reading.probabilities[:10]]
    first, second = sorted(range(10), key=lambda digit: -digits[digit])[:2]
    perhaps = [first, second] if digits[second] >= 0.1 else [first]
    return "unsure, perhaps " + " or ".join(f"{each} ({digits[each]:.2f})" for each in perhaps)
