"""Mien: reads faces on a small board and says what matters over MQTT."""

__version__ = "0.1.0"
