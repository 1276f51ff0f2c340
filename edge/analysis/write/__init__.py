"""What is written of an analysis: tables as it goes, pictures and pages at the end.

drafts    a file that appears under its name only when it is whole
streams   JSON and CSV, frame by frame
pictures  boxes and words drawn on a picture; thumbnails
timeline  emotions, valence, eyes, attention, alerts over time: PNG and SVG
page      one HTML page for a video, one for a folder
"""
