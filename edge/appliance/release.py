"""``make release KEY=FILE``: this checkout as one signed file that boards can be updated with."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from edge.appliance import bundle, versions
from edge.appliance.versions import InstallError


def main(argv: list[str] | None = None) -> int:
    """Pack and sign; exit status 1 with one line about what is in the way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--key", type=Path, required=True, help="ssh-keygen -t ed25519 -f FILE")
    parser.add_argument("--source", type=Path, default=Path(__file__).parents[2])
    parser.add_argument("--out", type=Path, default=Path("dist"), metavar="DIR")
    parser.add_argument("--wheels", type=Path, metavar="DIR", help="for boards with no network")
    arguments = parser.parse_args(argv)
    source, out = arguments.source, arguments.out
    try:
        files = versions.released(source)
        name = versions.name(source)
        arguments.out.mkdir(parents=True, exist_ok=True)
        out = arguments.out / f"mien-{name}.update"
        wheels = versions.wheels_in(arguments.wheels) if arguments.wheels else []
        bundle.pack(source, files, arguments.key, out, wheels)
    except InstallError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"release: {error.filename or out}: {error.strerror}", file=sys.stderr)
        return 1
    print(f"{out}: {len(files)} files, {out.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
