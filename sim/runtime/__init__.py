"""What makes kernels fast: how they run, memory layout, prefetching, and keyed random draws."""
