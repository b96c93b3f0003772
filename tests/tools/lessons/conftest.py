"""A page that a lesson can write on unseen."""

from __future__ import annotations

import io

import pytest

from tools.lessons.page import Page


@pytest.fixture
def page() -> Page:
    """A page in short form, without photographs; ``page.stream.getvalue()`` is its text."""
    return Page(io.StringIO(), short=True)
