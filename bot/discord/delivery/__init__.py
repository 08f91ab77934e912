"""Writes replies as Discord messages: surfaces, buttons, and the gates that pace writes to each channel."""
