"""The model providers: their data, and a client for the chat-completions API."""
