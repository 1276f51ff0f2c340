"""The board as an appliance: its boot file, its versions side by side, its updates.

Nothing here runs while frames are looked at. ``bootfile`` and ``wifi`` are judgement without I/O;
``mien boot`` and ``mien update`` (``edge.commands``) do what they say. ``versions``, ``trial`` and
``bundle`` need nothing but Python itself: the installer runs them before anything is installed.
"""
