"""How a stack is: facts from all who know of it, asked at once, and shown to people and scripts."""
