"""Loading files and frames: read, check, keep what is good, set aside what is not."""
