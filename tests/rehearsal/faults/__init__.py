"""What breaks a site from outside, and what its visitors see of it: `make test-faults` strikes each, and writes `bench/faults.json`."""
