"""Bars of what the simulated exchange trades: minutes, auction prints, days."""
