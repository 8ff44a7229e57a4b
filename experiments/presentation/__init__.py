"""Present results as tables and figures. This package reads results folders and runs nothing."""
