"""What can be seen of a running campaign from outside: log lines, metrics, traces."""
