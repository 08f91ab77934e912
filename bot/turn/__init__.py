"""One prompt, from its arrival to its record; free of Discord."""
