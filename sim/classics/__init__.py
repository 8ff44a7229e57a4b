"""Published models, reproduced: a file each, named after author and year.

``docs/how-to-classics.md`` shows how to run one and how to add one.
"""
