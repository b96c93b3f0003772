"""The errors that a user can do something about.

Each also inherits from the builtin that a caller would expect, so ``except OSError`` and
``except ValueError`` work. The message is one line: what is wrong, where, and the remedy. Any
other exception is a bug, and is shown with its traceback.
"""

from __future__ import annotations


class ZerodigitError(Exception):
    """Root of all errors that are expected in use."""


class ImageError(ZerodigitError, ValueError):
    """A picture cannot be read: missing, empty, truncated, not an image."""


class DatasetError(ZerodigitError, ValueError):
    """A data set file is torn, of another format, or holds impossible values."""


class ModelFormatError(ZerodigitError, ValueError):
    """A model file is torn, altered, or of another shape than the program expects."""


class WeightsError(ZerodigitError, LookupError):
    """No such version of the weights, or none to go back to."""


class SpecError(ZerodigitError, ValueError):
    """The options of a network or of a training make no sense, or do not go together."""


class DivergedError(ZerodigitError, ArithmeticError):
    """A loss or a weight is no longer finite; training stopped rather than go on."""


class StorageError(ZerodigitError, OSError):
    """Something could not be written: no space, no permission, no such folder."""


class CameraError(ZerodigitError, OSError):
    """A camera is absent or gives no frames."""


class DeviceError(ZerodigitError, OSError):
    """Lights or buttons cannot be used: no GPIO, no permission, a pin held by another."""


class ConfigError(ZerodigitError, ValueError):
    """The configuration makes no sense: an unknown key, a wrong type, an impossible pin."""


class ServiceError(ZerodigitError, RuntimeError):
    """The service cannot start because it runs already, or cannot answer because it is down."""
