"""SQL as text: read like PostgreSQL reads it, so that values never become part of it."""
