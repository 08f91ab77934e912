"""How values become Discord messages: surfaces, buttons, and the pace of writes to each channel."""
