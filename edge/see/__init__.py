"""Seeing: int8 networks turn a frame into an observation. Pixels end in this room.

``sight`` composes detector -> landmarks -> eyes -> ratios, expression, and follows faces in
``tracks``.
``runtime`` is the only module that knows LiteRT; ``image`` the only one that cuts and scales.
"""
