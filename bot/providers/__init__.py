"""The model providers: what is known of them as data, and how requests to them are made."""
