"""Everything that Parley stores, in one SQLite file."""
