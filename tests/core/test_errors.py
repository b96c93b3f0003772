"""The errors: one root, and the builtins that a caller would expect."""

from __future__ import annotations

import pytest

from core import errors

BUILTINS = (ValueError, LookupError, ArithmeticError, OSError, RuntimeError)
ALL = [value for value in vars(errors).values() if isinstance(value, type)]


@pytest.mark.parametrize("error", ALL)
def test_every_error_has_the_root_and_a_builtin(error):
    assert issubclass(error, errors.ZerodigitError)
    if error is not errors.ZerodigitError:
        assert issubclass(
            error, ValueError | LookupError | ArithmeticError | OSError | RuntimeError
        )
        assert error.__doc__
    assert str(error("photo.jpg: is empty")) == "photo.jpg: is empty"
