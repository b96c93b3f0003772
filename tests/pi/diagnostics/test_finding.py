"""Findings as lines."""

from __future__ import annotations

from pi.diagnostics.finding import FAIL, OK, WARN, Finding, in_one_line, in_words, summary


def test_a_finding_is_a_line_and_one_with_the_remedy():
    assert in_words(Finding("BLAS", OK, "OpenBLAS")) == ["ok    BLAS         OpenBLAS"]
    assert in_words(Finding("disk", FAIL, "full", "make room")) == [
        "fail  disk         full",
        "                   -> make room",
    ]


def test_the_summary_counts_levels():
    found = [Finding("a", OK, ""), Finding("b", WARN, "", "c"), Finding("d", OK, "")]
    assert summary(found) == "2 ok, 1 warn, 0 fail"


def test_an_error_is_one_line_whatever_a_library_says():
    assert in_one_line(ImportError("no chip:\n  here")) == "ImportError: no chip: here"
    assert in_one_line(KeyError()) == "KeyError:"
