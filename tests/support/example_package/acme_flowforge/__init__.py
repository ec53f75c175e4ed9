"""What a package that adds a node type looks like."""
