"""What is written of an analysis: tables as it goes, pictures and pages at the end.

drafts    a file that appears under its name only when it is whole
streams   JSON and CSV, frame by frame
pictures  boxes and words drawn on a picture; thumbnails
timeline  emotions, eyes, attention, alerts over time as PNG and SVG: bands, bars, palette
page      one HTML page for a video, one for a folder
"""
