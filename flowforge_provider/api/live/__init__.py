"""Live updates by server-sent events: one poll of the database serves all viewers of a process."""
