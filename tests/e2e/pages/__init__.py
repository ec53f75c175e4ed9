"""What a person does on each page, in the words of a person."""
