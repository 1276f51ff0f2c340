"""The expression network's logits as probabilities, many rows at once."""

from __future__ import annotations

import numpy as np

EMOTIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
"""FER+'s words, in the order of the product's own (``edge.types.EMOTIONS``)."""


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """float32[..., 8] -> float32[..., 8], the same shape, summing to 1 over the last axis."""
    scaled = logits / temperature
    risen = np.exp(scaled - scaled.max(-1, keepdims=True))
    return np.asarray(risen / risen.sum(-1, keepdims=True), np.float32)
