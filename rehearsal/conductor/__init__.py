"""Plays the Pulumi CLI on a machine that has none, for rehearsals only.

It knows create, update, delete, and create-before-delete replacement of the types that say they allow it; what it can't do
truthfully it refuses. It compares inputs with its own ledger and looks at nothing else: drift is not its business, so an `up`
without changes makes no call at all. `protect` does not bind. A real environment always uses the Pulumi CLI.
"""
