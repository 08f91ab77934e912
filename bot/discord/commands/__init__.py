"""What people do with slash commands and buttons, a file for each."""
