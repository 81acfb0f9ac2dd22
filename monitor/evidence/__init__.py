"""What others can check for themselves: how files came, and what was recorded of them, in forms other tools read."""
