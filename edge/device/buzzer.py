"""A buzzer and a light on GPIO pins: the alarm that needs no network.

The loop calls ``Signal.show`` once a frame; a pattern is read off the time since the level changed,
so nothing here sleeps or runs by itself. gpiozero is an extra (``board``) and imported on opening.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Struct

from edge.types import NS, Level, Settings, between

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


class BuzzerError(Exception):
    """Pins that cannot be had; the text names the setting and the pin."""


class BuzzerSettings(Settings, frozen=True, kw_only=True):
    """Which GPIO pins (BCM numbers) carry a passive buzzer and a light; None for neither."""

    buzzer_pin: Annotated[int, between(0, 27)] | None = None
    light_pin: Annotated[int, between(0, 27)] | None = None

    def __post_init__(self) -> None:
        """Refuse pins that a Pi's header does not have, and one pin for both."""
        for name, pin in (("buzzer_pin", self.buzzer_pin), ("light_pin", self.light_pin)):
            if pin is not None and not 0 <= pin <= 27:
                msg = f"{name}: expected a BCM number, 0..27, got {pin}"
                raise ValueError(msg)
        if self.buzzer_pin is not None and self.buzzer_pin == self.light_pin:
            msg = f"buzzer_pin and light_pin must differ; got {self.buzzer_pin} for both"
            raise ValueError(msg)


class Beep(Struct, frozen=True):
    """From ``start_s`` to ``end_s`` of a pattern: a tone of ``hz``."""

    start_s: float
    end_s: float
    hz: float


class Pattern(Struct, frozen=True):
    """Beeps, said again every ``period_s``; ``once``: only when the level is reached."""

    beeps: tuple[Beep, ...]
    period_s: float
    once: bool = False


PATTERNS = {
    Level.CAUTION: Pattern((Beep(0.0, 0.25, 440.0),), 4.0, once=True),
    Level.WARNING: Pattern((Beep(0.0, 0.15, 880.0), Beep(0.25, 0.40, 880.0)), 0.8),
    Level.CRITICAL: Pattern((Beep(0.0, 1.0, 880.0),), 1.0),
    Level.EMERGENCY: Pattern((Beep(0.0, 0.25, 880.0), Beep(0.25, 0.5, 622.3)), 0.5),
}
"""One soft tone; a double beep that goes on; a tone without a pause; two tones in turn. NCAP asks
that sleep and microsleep sound distinct from, and more urgent than, everything else."""

NEVER_MUTED = Level.CRITICAL
"""Warnings can be muted, sleep and an unresponsive driver cannot (driver state table)."""

BLINK_S = 0.5
"""The light: half a second on and off from a warning on, steady for a caution."""


def tone(level: Level, since_s: float, *, muted: bool = False) -> float | None:
    """The tone in Hz that sounds ``since_s`` after ``level`` was reached (or said again)."""
    pattern = PATTERNS.get(level)
    if pattern is None or since_s < 0 or (muted and level < NEVER_MUTED):
        return None
    if pattern.once and since_s >= pattern.period_s:
        return None
    at_s = since_s % pattern.period_s
    for beep in pattern.beeps:
        if beep.start_s <= at_s < beep.end_s:
            return beep.hz
    return None


def lit(level: Level, since_s: float) -> bool:
    """Whether the light is on; it is never muted."""
    if level < Level.CAUTION:
        return False
    return level == Level.CAUTION or since_s % (2 * BLINK_S) < BLINK_S


class Signal:
    """The buzzer and the light: open once, ``show`` every frame, silent again on leaving."""

    def __init__(self, settings: BuzzerSettings, pins: Any = None) -> None:
        """``pins``: gpiozero's pin factory; None takes the board's own. Raises ``BuzzerError``."""
        self._level = Level.NONE
        self._said = 0
        self._since_ns = 0
        self._playing: float | None = None
        self._stack = ExitStack()
        self._buzzer: Any = None
        self._light: Any = None
        if settings.buzzer_pin is None and settings.light_pin is None:
            return
        try:
            import gpiozero  # noqa: PLC0415 - only boards have it
        except ImportError as error:
            msg = "board.buzzer_pin: needs gpiozero: pip install '.[board]' in Mien's checkout"
            raise BuzzerError(msg) from error
        pin = settings.buzzer_pin
        try:
            if pin is not None:
                self._buzzer = self._stack.enter_context(
                    gpiozero.TonalBuzzer(pin, octaves=1, pin_factory=pins)
                )
            pin = settings.light_pin
            if pin is not None:
                self._light = self._stack.enter_context(gpiozero.LED(pin, pin_factory=pins))
        except (gpiozero.GPIOZeroError, OSError, *_of_lgpio()) as error:
            self._stack.close()
            which = "light_pin" if pin == settings.light_pin else "buzzer_pin"
            msg = f"board.{which}: GPIO {pin} cannot be used: {error}"
            raise BuzzerError(msg) from error

    def show(self, level: Level, t_ns: int, *, said: int = 1, muted: bool = False) -> None:
        """Sound and light for this moment. ``said``: how often the alert has been announced."""
        if level != self._level or said != self._said:
            self._level, self._said, self._since_ns = level, said, t_ns
        since_s = (t_ns - self._since_ns) / NS
        if self._light is not None:
            self._light.value = lit(level, since_s)
        hz = tone(level, since_s, muted=muted)
        if self._buzzer is not None and hz != self._playing:
            self._playing = hz
            if hz is None:
                self._buzzer.stop()
            else:
                self._buzzer.play(_tone(hz))

    def close(self) -> None:
        """Fall silent and let go of the pins."""
        self._stack.close()

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()


def _of_lgpio() -> tuple[type[Exception], ...]:
    """What drives the pins has an error of its own, which gpiozero lets through: a pin is busy."""
    error = getattr(sys.modules.get("lgpio"), "error", None)
    return () if error is None else (error,)


def _tone(hz: float) -> Any:
    from gpiozero.tones import Tone  # noqa: PLC0415 - only boards have it

    return Tone.from_frequency(hz)
