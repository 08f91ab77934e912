"""The model: an OpenAI-compatible chat-completions API with scripted answers."""
