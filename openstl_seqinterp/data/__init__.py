"""Sequences, tasks, degradations, and the loaders that hosts and experiments use."""
