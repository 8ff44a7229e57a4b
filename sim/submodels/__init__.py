"""The building blocks that several phases share."""
