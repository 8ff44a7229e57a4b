"""The classroom page: two models side by side in the browser, with one clock and the same draws."""
