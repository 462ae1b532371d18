"""Business history: today from the journal, each closed day sealed into the lake exactly once."""
