"""What belongs to a GitLab project, made through its API with python-gitlab."""
