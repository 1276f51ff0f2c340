"""The mean face of the training pictures in its crop: what the network's points are relative to.

The numbers live with the product, which needs them to read the network's answers.
"""

from __future__ import annotations

from edge.see.face import MEAN_SHAPE

__all__ = ["MEAN_SHAPE"]
