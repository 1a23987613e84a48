"""The campaign: settings, store, scheduler, workers, merge queue and command line (floor 3)."""
