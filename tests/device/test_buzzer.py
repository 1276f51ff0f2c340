from __future__ import annotations

import sys
from types import ModuleType

import pytest

from edge.device.buzzer import BuzzerError, BuzzerSettings, Signal, lit, tone
from edge.types import NS, Level

gpiozero = pytest.importorskip("gpiozero", reason="the extra `board` is not installed")
from gpiozero.pins.mock import MockFactory, MockPWMPin  # noqa: E402 - after the check

BOTH = BuzzerSettings(buzzer_pin=18, light_pin=23)


@pytest.fixture
def pins():
    factory = MockFactory(pin_class=MockPWMPin)
    yield factory
    factory.reset()
    factory.close()


def heard(signal, pins, level, seconds, start_s=0.0, **how):
    """Tones in Hz and whether the light shone, each twentieth of a second."""
    shown = []
    for tick in range(round(seconds * 20)):
        signal.show(level, round((start_s + tick / 20) * NS), **how)
        buzzer = pins.pin(18)
        shown.append((round(buzzer.frequency) if buzzer.state else None, bool(pins.pin(23).state)))
    return shown


def test_a_caution_is_one_soft_tone_and_a_steady_light(pins):
    with Signal(BOTH, pins) as signal:
        shown = heard(signal, pins, Level.CAUTION, 6)
    assert [hz for hz, _ in shown[:5]] == [440] * 5
    assert {hz for hz, _ in shown[6:]} == {None}
    assert all(light for _, light in shown)


def test_a_warning_goes_on_beeping(pins):
    with Signal(BOTH, pins) as signal:
        shown = [hz for hz, _ in heard(signal, pins, Level.WARNING, 8)]
    assert 880 in shown[:16]
    assert 880 in shown[-16:]
    assert None in shown[-16:]


def test_sleep_sounds_without_a_pause(pins):
    with Signal(BOTH, pins) as signal:
        assert {hz for hz, _ in heard(signal, pins, Level.CRITICAL, 5)} == {880}


def test_an_emergency_sounds_in_two_tones(pins):
    with Signal(BOTH, pins) as signal:
        assert {hz for hz, _ in heard(signal, pins, Level.EMERGENCY, 3)} == {880, 622}


def test_muting_silences_warnings_but_never_sleep(pins):
    with Signal(BOTH, pins) as signal:
        assert {hz for hz, _ in heard(signal, pins, Level.WARNING, 2, muted=True)} == {None}
        assert {hz for hz, _ in heard(signal, pins, Level.CRITICAL, 2, 10, muted=True)} == {880}


def test_a_drowsy_driver_is_told_again(pins):
    with Signal(BOTH, pins) as signal:
        heard(signal, pins, Level.CAUTION, 6)
        again = heard(signal, pins, Level.CAUTION, 1, start_s=60, said=2)
    assert again[0][0] == 440


def test_it_falls_silent_when_the_eyes_open_and_when_it_closes(pins):
    with Signal(BOTH, pins) as signal:
        heard(signal, pins, Level.CRITICAL, 1)
        assert heard(signal, pins, Level.NONE, 0.1, start_s=2)[0] == (None, False)
        heard(signal, pins, Level.CRITICAL, 1, start_s=3)
    assert not pins.pin(18).state
    assert not pins.pin(23).state


def test_without_pins_nothing_is_opened():
    with Signal(BuzzerSettings()) as signal:
        signal.show(Level.EMERGENCY, 0)


def test_a_pin_that_is_taken_is_named(pins):
    with Signal(BOTH, pins), pytest.raises(BuzzerError, match=r"board.buzzer_pin: GPIO 18"):
        Signal(BuzzerSettings(buzzer_pin=18), pins)


class Lgpio(ModuleType):
    """Its error, as in release 0.2.2."""

    class error(Exception):  # noqa: N801, N818 - its name there
        def __init__(self, value: str) -> None:
            self.value = value

        def __str__(self) -> str:
            return repr(self.value)


class Busy(MockPWMPin):
    """A pin that another program holds, or the kernel: gpiozero lets lgpio's error through."""

    def __init__(self, *_: object) -> None:
        raise Lgpio.error("GPIO busy")


def test_a_pin_that_another_program_holds_is_named_too(monkeypatch):
    monkeypatch.setitem(sys.modules, "lgpio", Lgpio("lgpio"))
    with pytest.raises(BuzzerError, match=r"light_pin: GPIO 23 cannot be used: 'GPIO busy'"):
        Signal(BuzzerSettings(light_pin=23), MockFactory(pin_class=Busy))


def test_one_pin_cannot_be_both():
    with pytest.raises(ValueError, match="must differ; got 18"):
        BuzzerSettings(buzzer_pin=18, light_pin=18)


def test_each_level_is_its_own_pattern():
    patterns = [
        tuple(tone(level, tick / 20) for tick in range(80)) for level in Level if level >= 2
    ]
    assert len(set(patterns)) == 4
    assert tone(Level.ADVISORY, 0) is None
    assert not lit(Level.ADVISORY, 0)
