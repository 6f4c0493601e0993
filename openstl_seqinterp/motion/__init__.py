"""Motion between frames: what baselines, methods and fillers share."""
