"""Work and those who do it: orders and reports, the broker that carries them, workers and their processes."""
