"""The rim of the house: cameras, systemd, the board. Each foreign thing is in one module here.

A camera is a context manager that gives an ``Iterator[Frame]``; a list, a folder and a recording
are cameras too: ``camera`` names the sources, ``picamera``, ``video`` and ``pictures`` open them.
"""
