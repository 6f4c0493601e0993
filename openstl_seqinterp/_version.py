"""The version of the package, on the ground: `setup.py` and every room read it here."""

__version__ = "0.1.0"
