"""Answers of our own making, as models write them: built from a few seeds, so that they stay small and can be read."""
