"""`zerodigit history`: a line a night, details, JSON, a picture."""

from __future__ import annotations

import json

from PIL import Image

from pi.retraining import night_log


def test_history(folder, out):
    assert "no night yet" in out("history")
    night = {
        "at": "2026-11-24T03:10:00+00:00", "outcome": "discarded", "why": "it would forget",
        "digits": 12, "before": 4, "after": 1, "exam_before": 3, "exam_after": 5,
        "exam_count": 1000, "confused": [[7, 1, 3], [4, 10, 1]],
    }  # fmt: skip
    path = folder / "state" / "night" / night_log.FILE
    path.parent.mkdir(parents=True)
    night_log.append(path, night)
    night_log.append(path, night | {"outcome": "promoted", "version": "0004"})
    first, second = out("history").splitlines()
    assert first == (
        "2026-11-24 03:10  not let in: it would forget; label a few more of what it misreads"
    )
    assert second.startswith(
        "2026-11-24 03:10  let in as version 0004: 4 errors in 12 labelled"
    )
    details = out("history", "--details")
    assert "before: 7 read as 1 3x, 4 read as no digit 1x" in details
    assert json.loads(out("history", "--json").splitlines()[0]) == night
    picture = folder / "out.png"
    out("history", "--plot", str(picture))
    with Image.open(picture) as drawn:
        # Before: four of four errors high; after, in red and green.
        colours = {drawn.getpixel((x, 275)) for x in range(drawn.width)}
    assert {(227, 181, 75), (192, 86, 63), (44, 122, 87)} <= colours
