"""The same program with no cloud account: the cloud's stand-ins and the conductor."""
