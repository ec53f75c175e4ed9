"""What executions keep to themselves: rules, what they hide, and how hidden values travel between steps."""
