"""What Parley remembers, in one SQLite file."""
