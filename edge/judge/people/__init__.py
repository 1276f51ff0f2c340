"""The people in the picture: how each looks, for how long, and what that says of them.

``faces.py`` follows every face and decides when it is looked at; one look then goes through
``body`` (eyes, head, attention), ``rest`` (what this face shows at rest), ``mood`` (expression),
``actions``, ``derived`` (calm, worried, confused, attitude) and is added up in ``window``. How each
is worked out, with its sources, is told in ``docs/expressions.md``.
"""
