"""What people do with slash commands and buttons, one file each."""
