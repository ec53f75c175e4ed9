"""How long executions are kept, what goes with them, and how much room everything takes."""
