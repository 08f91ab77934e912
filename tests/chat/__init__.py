"""The room of words: pages, pace, replies, context."""
