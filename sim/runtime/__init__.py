"""What makes kernels fast: compiling, memory layout, prefetching, and keyed random draws."""
