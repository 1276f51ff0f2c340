"""The face detector: boxes and six key points."""
