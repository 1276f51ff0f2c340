"""The board's sensors, read from files like the kernel's."""

from __future__ import annotations

import pytest

from edge.device.health import Sensors
from edge.types import Board


@pytest.fixture
def sys(tmp_path):
    """Write a file as the kernel shows it: ``sys("class/thermal/thermal_zone0/temp", "61234")``."""

    def write(name: str, text: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", encoding="utf-8")

    write.root = tmp_path
    return write


PI4 = "devices/platform/soc/soc:firmware/get_throttled"
PI5 = "devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled"


@pytest.mark.parametrize("firmware", [PI4, PI5])
def test_a_raspberry_pi_tells_of_heat_throttling_and_its_supply(sys, firmware):
    sys("class/thermal/thermal_zone0/type", "cpu-thermal")
    sys("class/thermal/thermal_zone0/temp", "61234")
    sys("class/hwmon/hwmon0/name", "cpu_thermal")
    sys("class/hwmon/hwmon1/name", "rpi_volt")
    sys("class/hwmon/hwmon1/in0_lcrit_alarm", "1")
    sys(firmware, "50005")
    assert Sensors(sys.root)() == Board(temp_c=61.234, throttled=0x50005, undervolt=True)


def test_what_changes_is_read_anew(sys):
    sys("class/thermal/thermal_zone0/type", "cpu-thermal")
    sys("class/thermal/thermal_zone0/temp", "50000")
    sensors = Sensors(sys.root)
    assert sensors().temp_c == 50.0
    sys("class/thermal/thermal_zone0/temp", "82500")
    assert sensors().temp_c == 82.5
    (sys.root / "class/thermal/thermal_zone0/temp").unlink()
    assert sensors() == Board()


def test_a_machine_without_sensors_knows_nothing(tmp_path):
    assert Sensors(tmp_path)() == Board()


def test_a_laptop_may_be_hotter_than_a_board(sys):
    sys("class/thermal/thermal_zone0/type", "x86_pkg_temp")
    sys("class/thermal/thermal_zone0/temp", "94000")
    assert Sensors(sys.root)().temp_c is None


def test_nonsense_is_not_a_reading(sys):
    sys("class/thermal/thermal_zone0/type", "cpu-thermal")
    sys("class/thermal/thermal_zone0/temp", "hot")
    sys(PI4, "very")
    assert Sensors(sys.root)() == Board()
