"""Whether a change may land, judged on kernel terms."""
