"""The classroom page: two models side by side in the browser, one clock, the same luck (docs/classroom.md)."""
