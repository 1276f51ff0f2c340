"""The states: what the signals mean, and when it is said."""
