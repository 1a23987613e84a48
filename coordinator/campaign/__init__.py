"""What a campaign is: its folder, its settings, its book, and how one is made."""
