"""Values of a conversation, and pure functions of them: no I/O, and no imports but the standard library and texts."""
