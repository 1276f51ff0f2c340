"""The signals: what the face shows, in seconds and degrees."""
