"""The memory, on real files."""
