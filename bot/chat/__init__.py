"""The room that knows only words: it imports the standard library and touches nothing."""
