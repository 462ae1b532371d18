"""The firm's clients as the order flow sees them: who is active, who has money, who holds what."""
