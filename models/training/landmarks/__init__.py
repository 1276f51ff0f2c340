"""The landmark network: 128x128 grey crop in; points, openness, visibility, pose and face flag out."""
