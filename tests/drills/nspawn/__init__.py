"""A board's life under the real systemd, in a Debian that is booted in a folder.

``drill`` is what every story has at hand, ``life`` from installing to a clean stop, ``updates``
from a new version to taking everything away; ``__main__`` tells them in this order.
"""
