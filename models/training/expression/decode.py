"""The expression network's int8 output as values: numpy only, nothing else, so that a device can use it."""

from __future__ import annotations

import numpy as np

EMOTIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")


def probabilities(stored: np.ndarray, scale: float, zero_point: int, temperature: float) -> np.ndarray:
    """int8[..., 8] logits as stored -> float32[..., 8] that sum to 1, in the order of EMOTIONS.

    `scale` and `zero_point` are read from the model file, `temperature` from its manifest entry
    (chosen on FER+ Valid: soft labels leave the network under-confident).
    """
    logits = (stored.astype(np.float32) - zero_point) * scale
    return softmax(logits, temperature)


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """float32[..., 8] -> float32[..., 8], the same shape, summing to 1 over the last axis."""
    scaled = logits / temperature
    risen = np.exp(scaled - scaled.max(-1, keepdims=True))
    return np.asarray(risen / risen.sum(-1, keepdims=True), np.float32)


def polarity(probability: np.ndarray) -> np.ndarray:
    """float32[..., 8] -> float32[...] in -1..1: pleasant minus unpleasant share. Derived, not measured valence."""
    return np.asarray(probability[..., 1] - probability[..., 3:8].sum(-1), np.float32)


def intensity(probability: np.ndarray) -> np.ndarray:
    """float32[..., 8] -> float32[...] in 0..1: what is not neutral. Derived, not measured arousal."""
    return np.asarray(1 - probability[..., 0], np.float32)
