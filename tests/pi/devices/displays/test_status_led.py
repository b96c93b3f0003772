from __future__ import annotations

import pytest

from pi.devices.displays.status_led import Mode, StatusLed, StatusLedSettings

PIN = 26
STEP_S = 0.02
FLUTTER = [("1", 0.08), ("0", 0.08)]


def film(led, levels, seconds, start=0.0):
    """The level at every 20 ms, as runs: [(level, seconds), ...]."""
    runs = []
    for number in range(round(seconds / STEP_S)):
        # A hair later than the edge, so that rounding does not matter.
        led.tick(start + number * STEP_S + 0.001)
        level = levels([PIN])
        if runs and runs[-1][0] == level:
            runs[-1][1] += STEP_S
        else:
            runs.append([level, STEP_S])
    return [(level, pytest.approx(length, abs=0.021)) for level, length in runs]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (Mode.OFF, [("0", 4.0)]),
        (Mode.HEARTBEAT, [("1", 0.2), ("0", 1.8)] * 2),
        (Mode.TROUBLE, [("1", 0.15), ("0", 0.15)] * 13 + [("1", 0.1)]),
        (Mode.LEARNING, [("1", 1.0), ("0", 1.0)] * 2),
        (Mode.WAITING, [("0", 0.2), ("1", 1.8)] * 2),
    ],
)
@pytest.mark.parametrize("active_high", [True, False])
def test_modes(levels, mode, expected, active_high):
    with StatusLed(StatusLedSettings(status=PIN, status_active_high=active_high)) as led:
        led.show(mode)
        if not active_high:
            expected = [("10"[int(level)], length) for level, length in expected]
        assert film(led, levels, 4.0) == expected


@pytest.mark.parametrize(
    ("answer", "long", "expected"),
    [
        ("right", False, [("0", 0.3), ("1", 0.2), ("0", 1.5)]),
        ("wrong", False, [("0", 0.3), ("1", 0.2), ("0", 0.2), ("1", 0.2), ("0", 1.1)]),
        ("right", True, [("0", 0.3), ("1", 0.6), ("0", 1.1)]),
        ("wrong", True, [("0", 0.3), ("1", 0.6), ("0", 0.2), ("1", 0.6), ("0", 0.3)]),
        ("not yet", False, [("0", 0.3), *[("1", 0.2), ("0", 0.2)] * 2, ("1", 0.2), ("0", 0.7)]),
        ("nothing", False, [("0", 0.3), *FLUTTER * 3, ("1", 0.08), ("0", 1.14)]),
    ],
)  # fmt: skip
def test_answers(levels, answer, long, expected):
    with StatusLed(StatusLedSettings()) as led:
        led.tick(0.0)
        led.acknowledge(answer, long)
        assert film(led, levels, 2.0, start=5.0) == expected


@pytest.mark.parametrize(
    ("answer", "flashes", "length"), [("right", 1, 1.0), ("wrong", 2, 1.4), ("not yet", 3, 1.8)]
)
@pytest.mark.parametrize("mode", [Mode.HEARTBEAT, Mode.TROUBLE, Mode.LEARNING, Mode.WAITING])
def test_an_answer_stands_out_and_then_it_goes_on(levels, mode, answer, flashes, length):
    with StatusLed(StatusLedSettings()) as led:
        led.show(mode)
        film(led, levels, 0.5)
        led.acknowledge(answer)
        runs = film(led, levels, length, start=0.5)
        assert runs[0][0] == runs[-1][0] == "0"
        assert [level for level, _ in runs].count("1") == flashes
        after = film(led, levels, 4.0, start=0.5 + length)
        assert {level for level, _ in after} == {"0", "1"}


def test_an_answer_is_seen_even_if_the_loop_comes_by_late(levels):
    with StatusLed(StatusLedSettings()) as led:
        led.tick(0.0)
        led.acknowledge("right")
        led.tick(60.0)
        led.tick(60.35)
        assert levels([PIN]) == "1"


def test_a_new_answer_replaces_the_old_one(levels):
    with StatusLed(StatusLedSettings()) as led:
        led.acknowledge("wrong", long=True)
        film(led, levels, 0.5)
        led.acknowledge("right")
        runs = film(led, levels, 2.0, start=0.5)
        assert [level for level, _ in runs] == ["0", "1", "0"]


def test_the_same_mode_again_does_not_start_anew(levels):
    with StatusLed(StatusLedSettings()) as led:
        seen = ""
        for number in range(40):
            led.show(Mode.HEARTBEAT)
            led.tick(number * 0.1 + (0.01 if number else 0.0))
            seen += levels([PIN])
        assert seen == ("11" + "0" * 18) * 2


@pytest.mark.parametrize("active_high", [True, False])
def test_dark_before_and_after(mock_factory, levels, active_high):
    dark = "0" if active_high else "1"
    led = StatusLed(StatusLedSettings(status=PIN, status_active_high=active_high))
    assert levels([PIN]) == dark
    led.show(Mode.LEARNING)
    led.tick(1.0)
    assert levels([PIN]) != dark
    led.close()
    assert levels([PIN]) == dark
    assert mock_factory.pin(PIN).function == "input"
    led.close()
    led.tick(2.0)


def test_one_that_is_not_there(mock_factory):
    with StatusLed(StatusLedSettings(status=None)) as led:
        led.show(Mode.TROUBLE)
        led.acknowledge("wrong")
        led.tick(1.0)
    assert mock_factory.pins == {}
