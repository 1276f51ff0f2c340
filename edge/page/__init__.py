"""Aiming the camera: one page with the live picture, for whoever mounts the device.

Off unless asked for (``mien run --page``), never at work or at school, and gone after 15 minutes.
This is the only place where a picture leaves ``see``'s side of the house: it goes to the page that
was opened with the token, out of the one frame that is being looked at, and nowhere else. ``tell``
and the disk still have no type that could carry it.

``placing`` judges how the face stands in the picture, ``look`` makes of both what is sent,
``server`` serves it, ``porch`` lets in so many at a time, ``door`` turns away whoever has no
business here, and ``network`` says where it is, to those too who open none.
"""
