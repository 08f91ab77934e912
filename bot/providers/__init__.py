"""The room that knows the model providers: what they are as data, and how to speak with them."""
