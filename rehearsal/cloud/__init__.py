"""The stand-ins for the DigitalOcean and GitLab APIs: one HTTPS process on loopback, and the world that it makes real."""
