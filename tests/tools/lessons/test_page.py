from __future__ import annotations

from tools.lessons.page import Page
from tools.plotting.panels import Chart


def chart(title):
    made = Chart(title, "epoch", "accuracy", (0, 2), (0, 1))
    made.line("", [0, 1, 2], [0.1, 0.5, 0.9])
    return made


def test_lines_go_to_standard_output_unless_a_stream_is_given(capsys, page):
    Page().say("a line")
    assert capsys.readouterr().out == "a line\n"
    page.say("another")
    page.say()
    assert page.stream.getvalue() == "another\n\n"
    assert capsys.readouterr().out == ""


def test_plots_are_drawn_as_text_and_kept_for_the_picture(page):
    one, other = chart("One"), chart("Other")
    page.show(one, other)
    page.show(one)
    text = page.stream.getvalue()
    assert text.index("One") < text.index("Other")
    assert page.rows == [(one, other), (one,)]
