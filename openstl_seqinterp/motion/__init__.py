"""Motion between frames, shared by baselines, methods and fillers."""
