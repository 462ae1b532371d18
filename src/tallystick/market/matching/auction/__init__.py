"""Call auctions: one price of greatest volume for all orders gathered (集合競價)."""
