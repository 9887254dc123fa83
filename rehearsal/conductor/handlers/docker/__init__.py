"""Docker's resources on a swarm, reached over ssh as the provider does."""
