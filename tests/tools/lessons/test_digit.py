from __future__ import annotations

from tools.lessons import digit, digits
from tools.plotting import textplots


def test_the_first_digit_is_a_five_drawn_28_by_28(page):
    label, image = digit.run(page)
    train, _ = digits.hundred()
    assert label == train.labels[0] == 5
    assert (image == train.images[0]).all()
    ((pictures,),) = page.rows
    rows = textplots.lines(pictures, 79)[1:]
    assert len(rows) == 28
    for drawn, pixels in zip(rows, image, strict=True):
        ink = [mark != " " for mark in drawn.ljust(56)[::2]]
        assert ink == (pixels / image.max() >= 0.1).tolist()


def test_the_row_that_is_printed_is_in_the_picture(page):
    _, image = digit.run(page)
    assert " ".join(map(str, image[7])) in page.stream.getvalue()
