"""The exit statuses of the command line; 130 and 143, after a signal, are in ``interrupts``."""

EXIT_DONE = 0
EXIT_DIFFERENT = 1  # a rebuilt study differs from its archive
EXIT_BAD_INPUT = 2
EXIT_RUNS_FAILED = 3
EXIT_DOCK_MISSED = 4  # a model does not reproduce its published results
