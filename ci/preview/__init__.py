"""Previews for merge requests, which know no secret: a bundle of a stack, what a change of it does to visitors, and the note."""
