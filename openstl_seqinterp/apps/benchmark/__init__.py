"""The benchmark: runs with their records, the page made of these, and speed."""
