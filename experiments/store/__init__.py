"""Results on disk: folders, journal, manifest and tables; knows no design and runs nothing."""
