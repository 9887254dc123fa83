"""Policy: what must hold of every stack, as pure functions over its resources; one noun a file, each rule with an id and a reason.

Three call them: the tests, over both committed stacks; previews and releases, by the Pulumi CLI (`--policy-pack policy`); the rehearsal.
"""
