"""The guest book: entries with a picture, and the signs of life that its home page shows."""
