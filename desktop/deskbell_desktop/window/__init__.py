"""The window: one question at a time, the others as tabs."""
