"""What a study can run: our own model, the classics, and Mesa models of others."""
