"""What a model file says of itself: a JSON object, bounded in size."""

from __future__ import annotations

import pytest

from core.errors import ModelFormatError
from core.files import model_info


def test_an_object_is_given_as_it_is():
    said = {"score": 0.5, "arguments": {"epochs": 3}}
    assert model_info.of({"info": said}) is said


@pytest.mark.parametrize("said", [None, [], "text", {"a": "x" * model_info.MOST}])
def test_what_is_no_object_or_too_long_is_refused(said):
    with pytest.raises(ModelFormatError, match="lacks an account of itself of at most 64 kB"):
        model_info.of({"info": said})
    with pytest.raises(ModelFormatError):
        model_info.of({})
