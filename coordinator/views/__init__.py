"""What people see of a campaign and of a host, read and never changed."""
