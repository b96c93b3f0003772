from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import DeviceError, ZerodigitError
from pi.devices import gpio

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture
def no_factory(monkeypatch):
    """Nothing opened yet, and no pin library named."""
    from gpiozero import Device

    monkeypatch.setattr(Device, "pin_factory", None)
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    monkeypatch.setenv("LG_WD", "/tmp")


def test_it_is_an_error_that_is_expected():
    assert issubclass(DeviceError, ZerodigitError)
    assert issubclass(DeviceError, OSError)


def test_lgpio_is_named_so_that_nothing_is_fallen_back_to(no_factory, monkeypatch):
    monkeypatch.setitem(sys.modules, "lgpio", None)
    with pytest.raises(DeviceError, match="no GPIO by lgpio") as caught:
        gpio.open_factory()
    message = str(caught.value)
    assert "apt install python3-lgpio" in message
    assert "GPIOZERO_PIN_FACTORY=mock" in message
    assert "\n" not in message


def test_a_chip_that_cannot_be_opened(no_factory, monkeypatch):
    from gpiozero import Device

    def refuse():
        raise Exception("'can not open\n gpiochip'")

    monkeypatch.setattr(Device, "ensure_pin_factory", refuse)
    with pytest.raises(DeviceError, match=r"can not open gpiochip\): see that /dev/gpiochip0"):
        gpio.open_factory()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("'can not open gpiochip'", "(can not open gpiochip)"),
        ("can't open 'gpiochip0'", "(can't open 'gpiochip0')"),
        ("'a' is not 'b'", "('a' is not 'b')"),
        ("", "(Exception)"),
    ],
)
def test_quotes_that_belong_to_the_words_stay(text, said):
    with pytest.raises(DeviceError) as caught, gpio.claiming([17], "the button"):
        raise Exception(text)
    assert said in str(caught.value)


def test_without_gpiozero(monkeypatch):
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    with pytest.raises(DeviceError, match="apt install python3-gpiozero"):
        gpio.open_factory()


def test_a_factory_that_is_open_is_taken(mock_factory):
    assert gpio.open_factory() is mock_factory


def test_the_environment_names_another(no_factory, monkeypatch):
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    assert type(gpio.open_factory()).__name__ == "MockFactory"
    assert gpio.factory_name() == "mock"


def test_lgpio_leaves_no_pipe_in_the_working_directory(tmp_path):
    """A stand-in for lgpio makes its pipe where the real one would, and opens no chip."""
    (tmp_path / "lgpio.py").write_text(
        "import os\n"
        "open(os.path.join(os.environ['LG_WD'], '.lgd-nfy0'), 'w').close()\n"
        "print(os.environ['LG_WD'])\n"
        "raise ImportError('no chip')\n"
    )
    work = tmp_path / "work"
    work.mkdir()
    code = "from pi.devices import gpio\ntry:\n    gpio.open_factory()\nexcept OSError: pass\n"
    environment = {k: v for k, v in os.environ.items() if k not in ("LG_WD",)}
    environment.pop("GPIOZERO_PIN_FACTORY", None)
    environment["PYTHONPATH"] = f"{tmp_path}:{CHECKOUT}"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=work, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert list(work.iterdir()) == []
    assert not Path(done.stdout.strip()).exists()


def test_what_a_pin_library_raises_is_one_line():
    with (
        pytest.raises(DeviceError, match=r"^the digit cannot have GPIO5 \(pin 29\) \(busy\)"),
        gpio.claiming([5], "the digit"),
    ):
        raise Exception("'busy'")
