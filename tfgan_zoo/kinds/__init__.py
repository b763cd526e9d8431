"""What an example or an answer can be: one file a kind."""
