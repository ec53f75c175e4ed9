"""Tell people what broke: rules, events, messages and the loop that sends them; see docs/alerts.md."""
