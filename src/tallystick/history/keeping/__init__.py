"""Keeping what was loaded: the catalog of datasets, and how long each part stays."""
