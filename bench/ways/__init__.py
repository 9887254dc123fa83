"""The ways that a site is released, to be measured side by side; each has its own file and is a `Way`."""
