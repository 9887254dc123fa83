"""What runs around the program, in GitLab or by hand: releases, recovery, renewal."""
