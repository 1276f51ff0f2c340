"""MediaPipe's float networks (Apache-2.0) as teachers and as the peer.

Never shipped, never on a device.

Both files come out of the pinned wheel ``mediapipe==0.10.14``; they are refused when their hash
differs.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models.training.detector.decode import Floats, Found, merged

Bytes = npt.NDArray[np.uint8]

BLAZEFACE = "face_detection_short_range.tflite"
MESH = "face_landmark.tflite"
SHA256 = {
    BLAZEFACE: "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    MESH: "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
}

# MediaPipe face_mesh_connections.py, FACEMESH_FACE_OVAL walked once around, from the top.
OVAL = (
    10,
    338,
    297,
    332,
    284,
    251,
    389,
    356,
    454,
    323,
    361,
    288,
    397,
    365,
    379,
    378,
    400,
    377,
    152,
    148,
    176,
    149,
    150,
    136,
    172,
    58,
    132,
    93,
    234,
    127,
    162,
    21,
    54,
    103,
    67,
    109,
)
# BlazeFace's six points out of the mesh: an eye is the middle of its corners, the mouth that
# of its inner lips.
KEYS = ((33, 133), (362, 263), (1, 1), (13, 14), (234, 234), (454, 454))


def folder(given: Path | None) -> Path:
    """Where the teachers' files lie: the argument, else MIEN_TEACHERS, else where `make` puts them.

    Raises FileNotFoundError, in words, when there is nothing.
    """
    place = given or Path(
        os.environ.get("MIEN_TEACHERS", Path(__file__).parents[3] / ".cache" / "peers")
    )
    if not place.is_dir():
        raise FileNotFoundError(
            f"teachers: {place} is not a folder; `make train-detector` fetches {BLAZEFACE} and {MESH}, or "
            "unpack them from the wheel mediapipe==0.10.14 and name their folder with --teachers"
        )
    return place


def verified(place: Path, name: str) -> Path:
    """The path of a teacher's file, searched below `place`, after its hash was compared."""
    found = sorted(place.rglob(name))
    if not found:
        raise FileNotFoundError(f"teachers: no {name} below {place}")
    digest = hashlib.sha256(found[0].read_bytes()).hexdigest()
    if digest != SHA256[name]:
        raise ValueError(f"teachers: {name}: expected sha256 {SHA256[name]}, got {digest}")
    return found[0]


def letterboxed(picture: Bytes, size: int) -> tuple[Bytes, float, float, float]:
    """uint8[size, size, 3] centred in black, with scale, left and top.

    X_there = x * scale + left.
    """
    height, width = picture.shape[:2]
    scale = size / max(height, width)
    inner_w, inner_h = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(
        picture, (inner_w, inner_h), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    canvas = np.zeros((size, size, 3), np.uint8)
    left, top = (size - inner_w) // 2, (size - inner_h) // 2
    canvas[top : top + inner_h, left : left + inner_w] = small
    return canvas, scale, float(left), float(top)


def _anchors() -> Floats:
    # mediapipe ssd_anchors_calculator with the short-range options: strides 8 (2 a cell), 16 (6 a cell).
    cells = []
    for grid, count in ((16, 2), (8, 6)):
        ys, xs = np.mgrid[0:grid, 0:grid]
        centres = np.stack([(xs + 0.5) / grid, (ys + 0.5) / grid], -1).reshape(-1, 1, 2)
        cells.append(np.repeat(centres, count, 1).reshape(-1, 2))
    return np.concatenate(cells).astype(np.float32)


class BlazeFace:
    """BlazeFace short range, float32, with MediaPipe's weighted suppression at 0.3."""

    size = 128

    def __init__(self, place: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._net = Interpreter(str(verified(place, BLAZEFACE)), num_threads=1)
        self._net.allocate_tensors()
        self._input = self._net.get_input_details()[0]["index"]
        self._outputs = {d["name"]: d["index"] for d in self._net.get_output_details()}
        self._anchors = _anchors()

    def __call__(self, picture: Bytes, least: float = 0.5) -> Found:
        """Faces scored at least `least` in uint8[H, W, 3] RGB."""
        square, scale, left, top = letterboxed(picture, self.size)
        self._net.set_tensor(self._input, square[None].astype(np.float32) / 127.5 - 1)
        self._net.invoke()
        logits = self._net.get_tensor(self._outputs["classificators"])[0, :, 0]
        raw = self._net.get_tensor(self._outputs["regressors"])[0]
        scores = 1 / (1 + np.exp(-np.clip(logits, -80, 80)))
        kept = np.flatnonzero(scores >= least)
        centre = self._anchors[kept] * self.size + raw[kept, 0:2]
        half = raw[kept, 2:4] / 2
        boxes = np.concatenate([centre - half, centre + half], 1)
        keys = raw[kept, 4:16].reshape(-1, 6, 2) + self._anchors[kept, None] * self.size
        kept_faces = merged(Found(boxes, keys, scores[kept].astype(np.float32)), 0.3)
        back = np.array([left, top], np.float32)
        return Found(
            (kept_faces.boxes - np.tile(back, 2)) / scale,
            (kept_faces.keys - back) / scale,
            kept_faces.scores,
        )


class Mesh:
    """MediaPipe's face mesh, float32: 468 points of one face in an upright crop."""

    size = 192

    def __init__(self, place: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._net = Interpreter(str(verified(place, MESH)), num_threads=1)
        self._net.allocate_tensors()
        self._input = self._net.get_input_details()[0]["index"]
        by_size = sorted(self._net.get_output_details(), key=lambda d: int(np.prod(d["shape"])))
        self._flag, self._points = by_size[0]["index"], by_size[-1]["index"]

    def __call__(
        self, picture: Bytes, centre: Floats, side: float, roll: float
    ) -> tuple[Floats, float]:
        """float32[468, 2] in pixels of uint8[H, W, 3] RGB and the face flag 0..1.

        For a square `side` wide about `centre`, turned by `roll` radians.
        """
        cos, sin = np.cos(roll) * self.size / side, np.sin(roll) * self.size / side
        turn = np.array([[cos, sin], [-sin, cos]], np.float64)
        shift = self.size / 2 - turn @ centre
        crop = cv2.warpAffine(picture, np.column_stack([turn, shift]), (self.size, self.size))
        self._net.set_tensor(self._input, crop[None].astype(np.float32) / 255)
        self._net.invoke()
        points = self._net.get_tensor(self._points).reshape(468, 3)[:, :2]
        flag = 1 / (1 + np.exp(-float(self._net.get_tensor(self._flag).ravel()[0])))
        return ((points - shift) @ np.linalg.inv(turn).T).astype(np.float32), flag


def six_keys(points: Floats) -> Floats:
    """float32[6, 2] in BlazeFace's order out of float32[468, 2]."""
    return np.asarray([points[list(pair)].mean(0) for pair in KEYS], np.float32)
