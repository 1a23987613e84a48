"""The truth about a campaign: tables, and the transitions that change them."""
