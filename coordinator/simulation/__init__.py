"""Campaigns with agents and builders that only act their part: the loop, the store, the broker and git are real."""
