"""Text alone: a model's Markdown in, pages of Discord's Markdown out. Pure, so that anybody may call it anywhere."""
