"""What is in a card image, beside it: packages, Python parts, models, partitions, hashes.

    python image/manifest.py REPOSITORY WORK OUT.img

Compares the packages with ``packages.lock`` too: a card of other versions than those that were
tested says so, and with ``LOCK=strict`` is none. ``LOCK=write`` writes the lock anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = Path(__file__).with_name("packages.lock")


def main() -> int:
    """Write the manifest and the image's hash beside it."""
    repo, work, image = map(Path, sys.argv[1:4])
    packages = installed(work / "tree")
    commit = subprocess.run(
        ["git", "-C", str(repo), "describe", "--always", "--dirty", "--abbrev=40"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    manifest = {
        "image": {"file": image.name, "bytes": image.stat().st_size, "sha256": sha256(image)},
        "commit": commit,
        "partitions": {
            part: sha256(work / part) for part in ("boot.vfat", "mien-root.ext4", "mien-state.ext4")
        },
        "python": python_parts(json.loads((work / "python.json").read_bytes())),
        "models": {p.name: sha256(p) for p in sorted((repo / "models").glob("*.tflite"))},
        "packages": packages,
        "differs_from_what_was_tested": different(packages),
    }
    beside = image.with_suffix(".manifest.json")
    beside.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    image.with_suffix(".img.sha256").write_text(
        f"{manifest['image']['sha256']}  {image.name}\n", encoding="utf-8"
    )
    mib = image.stat().st_size / 2**20
    print(f"{image}: {mib:.0f} MiB, {len(packages)} packages; {beside.name} says what is in it")
    return compared(packages)


def compared(packages: dict[str, str]) -> int:
    """Say where the card differs from what was tested; gives the exit status."""
    if os.environ.get("LOCK") == "write":
        LOCK.write_text("\n".join(lines(packages)) + "\n", encoding="utf-8")
        return 0
    found = different(packages)
    for line in found:
        print(f"packages.lock: {line}")
    return int(bool(found) and os.environ.get("LOCK") == "strict")


def different(packages: dict[str, str]) -> list[str]:
    """Packages that the card has in other versions than were tested, has more, or lacks."""
    tested = LOCK.read_text(encoding="utf-8").splitlines() if LOCK.exists() else []
    has = lines(packages)
    return [
        f"{'card has' if line in has else 'tested was'} {line}"
        for line in sorted(set(has) ^ set(tested))
    ]


def lines(packages: dict[str, str]) -> list[str]:
    """As the lock has them."""
    return [f"{name} {version}" for name, version in packages.items()]


def installed(tree: Path) -> dict[str, str]:
    """Name to version, of every package in the root."""
    told = subprocess.run(
        ["dpkg-query", f"--admindir={tree}/var/lib/dpkg", "-W", "-f", "${Package} ${Version}\n"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return dict(line.split() for line in sorted(told.splitlines()))


def python_parts(report: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Name to version and hash, from pip's own report."""
    parts = {}
    for each in report["install"]:
        hashes = each["download_info"].get("archive_info", {}).get("hashes", {})
        parts[each["metadata"]["name"]] = {"version": each["metadata"]["version"], **hashes}
    return dict(sorted(parts.items()))


def sha256(file: Path) -> str:
    """Of a file, in hexadecimal."""
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main())
