"""NetworkManager's own reader of its files (libnm), run by the system's Python.

Each line that comes in is a file as a JSON string; out comes what NetworkManager takes it for.
"""

import json
import sys

import gi

gi.require_version("NM", "1.0")
from gi.repository import NM, GLib  # noqa: E402 - once the version is chosen


def taken_for(text: str) -> dict:
    file = GLib.KeyFile()
    file.load_from_data(text, len(text.encode()), GLib.KeyFileFlags.NONE)
    connection = NM.keyfile_read(file, "/", NM.KeyfileHandlerFlags.NONE, None, None)
    connection.normalize()
    wifi, safe = connection.get_setting_wireless(), connection.get_setting_wireless_security()
    return {
        "valid": connection.verify(),
        "ssid": list(wifi.get_ssid().get_data()),
        "hidden": wifi.get_hidden(),
        "password": safe and safe.get_psk(),
        "retries": connection.get_setting_connection().get_autoconnect_retries(),
    }


for line in sys.stdin:
    try:
        print(json.dumps(taken_for(json.loads(line))))
    except GLib.Error as error:
        print(json.dumps({"valid": False, "error": error.message}))
