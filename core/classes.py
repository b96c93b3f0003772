"""The classes that a network gives a crop: the ten digits, and "no digit" where it has eleven.

The standard library alone, so that what only names a class need not load numpy.
"""

from __future__ import annotations

DIGITS = 10
"""Classes that are digits: class d is the digit d, 0 to 9."""

NO_DIGIT = 10
"""The class, and the label, of a crop that shows no digit."""

CLASSES = 11
"""Classes of the networks that we ship; a network of ten outputs lacks NO_DIGIT."""
