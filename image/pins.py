"""The pins that count on the card: pip judges markers by the machine that it runs on.

python image/pins.py REQUIREMENTS PYTHON_VERSION > REQUIREMENTS_OF_THE_CARD
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from pip._vendor.packaging.markers import Marker

PIN = re.compile(r"^(?P<pin>[^\s;]+==[^\s;]+)\s*(;(?P<marker>[^\\]*))?")


def main() -> int:
    """Print the lines whose markers hold, without the markers."""
    file, version = sys.argv[1:3]
    card = {
        "python_version": version,
        "python_full_version": f"{version}.0",
        "platform_machine": "aarch64",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    wanted = True
    for line in Path(file).read_text(encoding="utf-8").splitlines():
        found = PIN.match(line)
        if found:
            marker = found["marker"]
            wanted = marker is None or Marker(marker.strip()).evaluate(card)
            line = f"{found['pin']} \\"  # noqa: PLW2901 - the rest of it are its hashes
        if wanted and not line.lstrip().startswith("#"):
            print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
