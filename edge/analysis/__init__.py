"""Photos and videos, looked at by the networks and judged by the rules of the service.

read    a path, an address, an array -> frames, with the reason where there are none
kit     the networks and rules of a profile, loaded once for many files
looking frames -> results: ``pipeline.observe`` and ``pipeline.judge``, one after the other
results what comes out, as types; ``schema.json`` is made from them
record  the shares, alerts and moments of a whole file, added up frame by frame
bins    the same for the timeline, in memory that does not grow with the length
write   tables, pictures, timelines, pages
library ``from edge import analyze``
"""
