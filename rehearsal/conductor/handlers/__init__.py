"""What makes the program's resources real, by the Pulumi package that declares them."""
