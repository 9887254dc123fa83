"""DigitalOcean's resources, made through its API with the official client."""
