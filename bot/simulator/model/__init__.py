"""A scripted model behind an OpenAI-compatible HTTP API."""
