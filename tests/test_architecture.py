"""The house as a table: which room may import what. The diagram of the design, kept true."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "edge").rglob("*.py"))

# file or folder: (rooms of edge, foreign packages); the longest name that fits counts
ALLOWED = {
    "edge/__init__.py": (("analysis.library",), ()),  # `from edge import analyze`, when asked for
    "edge/types": (("types",), ("numpy", "msgspec")),
    "edge/pipeline.py": (("types", "judge"), ()),
    "edge/recording.py": (("types",), ("msgspec",)),
    "edge/strict.py": (("types",), ("msgspec",)),
    "edge/yamlfile.py": (("strict",), ("yaml",)),  # by ``config`` when it is asked for
    "edge/config.py": (
        (
            "types",
            "strict",
            "yamlfile",
            "judge.rules",
            "see.settings",
            "see.modelfile",
            "tell.settings",
        )
        + ("device.camera", "device.buzzer"),
        (),
    ),
    "edge/see": (("types", "see"), ("numpy",)),
    "edge/see/image.py": (("types", "see"), ("numpy", "cv2")),
    "edge/judge": (("types", "judge"), ()),
    "edge/tell": (("types", "tell"), ("msgspec",)),
    "edge/tell/link.py": (("types", "tell"), ("paho",)),
    "edge/device": (("types", "device"), ()),
    "edge/device/video.py": (("types", "device"), ("cv2", "numpy")),
    "edge/device/jpeg.py": (("device",), ("cv2", "numpy")),
    "edge/device/pictures.py": (("types", "device"), ("cv2",)),
    "edge/device/opencv.py": ((), ("cv2",)),
    "edge/device/turned.py": (("types", "device"), ("cv2", "numpy")),
    "edge/device/buzzer.py": (("types", "device"), ("gpiozero",)),
    "edge/device/picamera.py": (("types", "device"), ("numpy",)),
    "edge/appliance": (("appliance", "device.disk"), ()),
    "edge/appliance/bootfile.py": (
        ("types", "config", "strict", "yamlfile", "appliance"),
        ("msgspec",),
    ),
    "edge/appliance/rewrite.py": (("strict", "yamlfile"), ("yaml",)),
    "edge/appliance/wifi.py": (("types",), ()),
    "edge/page": (("types", "page"), ()),
    "edge/page/server.py": (("types", "page"), ("starlette", "uvicorn", "msgspec")),
    "edge/page/porch.py": (("types", "page"), ("uvicorn",)),
    "edge/page/door.py": (("types", "page"), ("starlette",)),
    "edge/page/look.py": (("types", "page"), ("cv2",)),
    # photos and videos for a person at a desk: a composition of its own beside the commands, so it
    # may see and judge as they do; it never tells, and pixels reach the disk only from `write`
    "edge/analysis": (
        ("types", "analysis", "pipeline", "config", "see", "judge.rules", "device.camera"),
        ("numpy", "msgspec"),
    ),
    "edge/analysis/photo.py": (("types", "analysis"), ("numpy", "PIL", "pillow_heif")),
    "edge/analysis/film.py": (("types", "analysis"), ("numpy", "av")),
    "edge/analysis/write": (("types", "analysis"), ("numpy", "msgspec")),
    "edge/analysis/write/pictures.py": (("analysis",), ("numpy", "msgspec", "cv2")),
    "edge/analysis/write/timeline.py": (("analysis",), ("matplotlib",)),
    "edge/analysis/write/bands.py": (("types", "analysis"), ("numpy", "matplotlib")),
    "edge/analysis/write/bars.py": (("analysis",), ("matplotlib",)),
    "edge/analysis/write/palette.py": (("analysis",), ("matplotlib",)),
    "edge/analysis/write/page.py": (("", "analysis"), ("msgspec", "jinja2")),
    "edge/__main__.py": (("", "commands", "device.stop", "loading"), ()),
    "edge/loading.py": ((), ()),
    "edge/commands": (
        ("", "types", "config", "pipeline", "recording")
        + ("see", "page", "judge", "tell", "device", "commands", "appliance", "strict", "yamlfile"),
        ("msgspec", "rich", "numpy", "yaml"),
    ),
    "edge/commands/analyze.py": (("config", "analysis", "see.runtime", "commands"), ("msgspec",)),
    "edge/commands/progress.py": (("analysis",), ("rich", "msgspec")),
    "edge/commands/watch.py": (("types", "tell", "commands"), ("msgspec", "rich")),
    "edge/commands/plot.py": (("types", "commands", "judge"), ("matplotlib",)),
    "edge/commands/broker.py": ((), ("amqtt",)),
}

VALUES = {"msgspec": {"Struct", "field"}, "msgspec.structs": {"replace"}}
"""What a value is made of and made anew with, everywhere but in one room; the rest is JSON."""

BARE = "edge/appliance/"
"""The installer runs on a board's own Python, before anything is installed."""

THREADS = {"edge/page/server.py"}
"""The one place with a thread of ours: the loop must not wait for whoever looks at the page."""

EVERYTHING = {"edge/commands/analyze.py"}
"""The one place that catches whatever it is: of a thousand files one may not cost the others."""

CLOCKS = {"time", "datetime", "random", "secrets"}
RIM = (
    *("edge/appliance/", "edge/device/", "edge/commands/", "edge/tell/"),
    *("edge/page/server.py", "edge/page/door.py"),
)
"""Where the time may be asked: behind the camera it is a field of the data."""


def rule(file: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    fitting = [name for name in ALLOWED if file == name or file.startswith(name + "/")]
    return ALLOWED[max(fitting, key=len)]


def imports(file: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "absolute imports only"
            names = {alias.name for alias in node.names}
            if names <= VALUES.get(str(node.module), set()) and not file.startswith(BARE):
                continue
            found.add(str(node.module))
            if node.module == "edge" or str(node.module).count(".") == 1:
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("file", FILES)
def test_a_room_imports_only_what_the_table_allows(file):
    rooms, foreign = rule(file)
    for name in imports(file):
        top, _, below = name.partition(".")
        if top == "edge":
            ok = any(below == room or below.startswith(room + ".") for room in rooms if room)
            assert ok or (below == "" and rooms) or below == "__version__", f"{file}: {name}"
        elif top not in sys.stdlib_module_names:
            assert top in foreign, f"{file}: {name}"


@pytest.mark.parametrize("file", [f for f in FILES if not f.startswith(RIM)])
def test_nothing_behind_the_camera_asks_what_time_it_is(file):
    assert not {name.partition(".")[0] for name in imports(file)} & CLOCKS


@pytest.mark.parametrize("file", FILES)
def test_no_file_starts_a_thread_or_swallows_everything(file):
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            assert node.attr != "Thread" or file in THREADS, f"{file}:{node.lineno}"
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            allowed = caught == "Exception" and file in EVERYTHING
            assert allowed or caught not in {"Exception", "BaseException", "everything"}, (
                f"{file}:{node.lineno}"
            )


def alone(code: str) -> subprocess.CompletedProcess[str]:
    """In a Python that has loaded nothing else."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True
    )


def test_judging_needs_neither_numpy_nor_opencv_nor_a_model():
    code = (
        "import sys; import edge.pipeline, edge.judge.advance, edge.recording; "
        "heavy = {'cv2', 'numpy', 'paho', 'ai_edge_litert', 'yaml'} & set(sys.modules); "
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    done = alone(code)
    assert done.returncode == 0, done.stderr


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from edge.__main__ import _parser; _parser(); "
        "heavy = {'cv2', 'numpy', 'paho', 'msgspec', 'rich'} & set(sys.modules); "
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    done = alone(code)
    assert done.returncode == 0, done.stderr


def test_msgspec_is_loaded_without_what_only_looks_into_code():
    code = (
        "import sys; from edge import loading; loading.load_msgspec(); "
        "print('msgspec' in sys.modules, {'inspect', 'typing_extensions'} & set(sys.modules)); "
        "import typing_extensions"
    )
    done = alone(code)
    assert done.stdout == "True set()\n", done.stderr
    assert done.returncode == 0, "others may have it later"


def test_numpy_is_loaded_without_the_names_of_its_annotations():
    code = (
        "import sys; from edge import loading; loading.load_numpy(); import numpy; "
        "print([name for name in sys.modules if name.startswith('numpy._typing')], "
        "numpy.linalg.det(numpy.diag([2.0, 3.0]))); "
        "import cv2, numpy.typing; print(numpy.typing.NDArray[numpy.int8])"
    )
    done = alone(code)
    told, later = done.stdout.splitlines()
    assert told.startswith("[] "), told
    assert float(told.split()[1]) == pytest.approx(6.0)
    assert later.startswith("numpy.ndarray["), "others may have them later"


def test_what_can_wait_for_the_first_picture_is_not_loaded_before_a_camera_is_open():
    code = (
        "import sys; from edge.__main__ import main; main(['run', '--config', 'nowhere']); "
        "heavy = {'paho', 'ssl', 'sqlite3', 'yaml', 'lzma', 'shutil', 'numpy._typing'}"
        " & set(sys.modules); "
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    done = alone(code)
    assert done.returncode == 0, done.stderr


def test_what_multiplies_small_things_starts_no_threads():
    code = (
        "from edge.__main__ import main; main(['replay', 'nowhere']); import cv2, numpy; "
        "print(open('/proc/self/status').read().split('Threads:')[1].split()[0])"
    )
    done = alone(code)
    assert done.stdout.split() == ["1"], done.stderr
