"""Published models, reproduced: one small file each, named after author and year, on shared parts (docs/how-to-classics.md)."""
