"""The model: organisations that find each other, work together and let go."""

__version__ = "0.1.0"
