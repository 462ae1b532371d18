"""Asking the datasets, as known at any time."""
