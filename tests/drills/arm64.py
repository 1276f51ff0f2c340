"""Do the int8 networks give the same bits on an Arm board as here? On emulated processors.

    python tests/drills/arm64.py [--cpu cortex-a72 cortex-a76]

An arm64 Python (Debian's own) and the arm64 wheels of the runtime are laid out under
``.cache/arm64`` and run by qemu's user emulation (apt: qemu-user-static). 32 inputs a network:
noise, ramps and flat fields, seeded. Emulation says nothing about speed.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import yaml

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".cache" / "arm64"
PACKAGES = [
    *("libc6", "libgcc-s1", "libstdc++6", "zlib1g", "libexpat1", "libffi8", "libssl3"),
    *("libbz2-1.0", "liblzma5", "libuuid1"),
    *("python3.11-minimal", "libpython3.11-minimal", "libpython3.11-stdlib"),
]
WHEELS = [
    *("ai-edge-litert==2.1.6", "numpy==2.4.6", "backports.strenum", "flatbuffers", "protobuf"),
    *("tqdm", "typing_extensions"),
]
INPUTS = 32

RUN = """
import sys, numpy as np
from ai_edge_litert.interpreter import Interpreter
model, inputs, out = sys.argv[1:4]
it = Interpreter(model_path=model, num_threads=1); it.allocate_tensors()
i, os = it.get_input_details()[0]["index"], it.get_output_details()
result = {d["name"]: [] for d in os}
for x in np.load(inputs):
    it.set_tensor(i, x[None]); it.invoke()
    for d in os: result[d["name"]].append(it.get_tensor(d["index"]))
np.savez(out, **{k: np.array(v) for k, v in result.items()})
"""


def main() -> int:
    parser = argparse.ArgumentParser(description="Bit-exactness on emulated Arm processors.")
    parser.add_argument("--cpu", nargs="+", default=["cortex-a72", "cortex-a76"])
    arguments = parser.parse_args()
    qemu = shutil.which("qemu-aarch64-static") or shutil.which("qemu-aarch64")
    if qemu is None:
        print("needs qemu's user emulation: apt install qemu-user-static", file=sys.stderr)
        return 1
    lay_out()
    failures = 0
    manifest = yaml.safe_load((ROOT / "models" / "manifest.yaml").read_text(encoding="utf-8"))
    for role, entry in manifest["models"].items():
        model = ROOT / "models" / entry["file"]
        inputs = HOME / f"{role}-in.npy"
        np.save(inputs, pictures(tuple(entry["inputs"][0]["shape"][1:])))
        here = answers([sys.executable], model, inputs, HOME / f"{role}-here.npz")
        for cpu in arguments.cpu:
            command = [qemu, "-cpu", cpu, "-L", str(HOME / "root")]
            command += ["-E", f"PYTHONPATH={HOME / 'site'}", "-E", f"PYTHONHOME={HOME}/root/usr"]
            command += [str(HOME / "root/usr/bin/python3.11")]
            there = answers(command, model, inputs, HOME / f"{role}-{cpu}.npz")
            off = max(int(np.abs(here[n].astype(int) - there[n]).max()) for n in here)
            failures += off > 0
            verdict = "bit-exact" if off == 0 else f"differs by up to {off}"
            print(f"{role:12} {cpu:12} {INPUTS} inputs, {len(here)} outputs: {verdict}")
    return 1 if failures else 0


def pictures(shape: tuple[int, ...]) -> np.ndarray:
    """int8[32, ...]: noise of several strengths, ramps, flat fields. Seeded."""
    noise = np.random.default_rng(0)
    made = []
    for k in range(INPUTS):
        if k % 4 == 0:
            made.append(noise.integers(-128, 128, shape))
        elif k % 4 == 1:
            ramp = np.add.outer(np.arange(shape[0]) * (k + 1), np.arange(shape[1]) * (k + 3)) % 256
            made.append(np.broadcast_to(ramp[..., None] - 128, shape))
        elif k % 4 == 2:
            made.append(np.full(shape, -128 + 8 * k))
        else:
            made.append(np.clip(noise.normal(0, 10 * k, shape), -128, 127))
    return np.array(made).astype(np.int8)


def answers(python: list[str], model: Path, inputs: Path, out: Path) -> dict[str, np.ndarray]:
    subprocess.run(
        [*python, "-c", RUN, str(model), str(inputs), str(out)],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    return dict(np.load(out))


def lay_out() -> None:
    """Debian's arm64 Python and the runtime's arm64 wheels, unpacked, not installed."""
    if (HOME / ".made").exists():
        return
    lists, debs, wheels = HOME / "lists", HOME / "debs", HOME / "wheels"
    for folder in (lists / "partial", debs, wheels, HOME / "root", HOME / "site"):
        folder.mkdir(parents=True, exist_ok=True)
    arm = [
        "-oAPT::Architecture=arm64",
        "-oAPT::Architectures=arm64",
        f"-oDir::State::Lists={lists}",
    ]
    subprocess.run(["apt-get", "-qq", *arm, "update"], check=True)
    subprocess.run(["apt-get", "-qq", *arm, "download", *PACKAGES], check=True, cwd=debs)
    for deb in debs.glob("*.deb"):
        subprocess.run(["dpkg", "-x", str(deb), str(HOME / "root")], check=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(wheels)]
    command += ["--only-binary=:all:", "--python-version", "3.11"]
    for tag in ("manylinux_2_27", "manylinux_2_28", "manylinux2014"):
        command += ["--platform", f"{tag}_aarch64"]
    subprocess.run([*command, *WHEELS], check=True)
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(HOME / "site")
    (HOME / ".made").touch()


if __name__ == "__main__":
    sys.exit(main())
