from __future__ import annotations

import dataclasses

import pytest

from pi.devices.settings import between, choice, setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lamp:
    colour: str = choice("red", "green", default="red", help="Which.")
    levels: tuple[float, ...] = between(0, 1, 2, default=(0.0, 1.0))
    pin: int | None = setting(4)
    name: str = setting()


FIELDS = {each.name: each for each in dataclasses.fields(Lamp)}


def problem(key, value):
    return FIELDS[key].metadata["check"](value)


def test_defaults_and_explanations():
    assert Lamp(name="a") == Lamp(colour="red", levels=(0.0, 1.0), pin=4, name="a")
    with pytest.raises(TypeError, match="name"):
        Lamp()
    assert [each.metadata["help"] for each in FIELDS.values()] == ["Which.", "", "", ""]
    assert FIELDS["pin"].metadata["check"] is None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("green", None),
        (("red", "green"), None),
        ("blue", 'one of "red", "green"'),
        (("red", "blue"), 'one of "red", "green"'),
        ((), 'at least one of "red", "green"'),
    ],
)
def test_a_choice(value, said):
    assert problem("colour", value) == said
    assert FIELDS["colour"].metadata["choices"] == ("red", "green")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ((0.0, 1.0), None),
        ((0.0, 1.1), "0 to 1"),
        ((None, 1.0), None),
        ((0.0, float("nan")), "0 to 1"),
        ((0.0,), "2 numbers, not 1"),
    ],
)
def test_a_range(value, said):
    assert problem("levels", value) == said
