"""What an operation is: fields, preview, steps, and how they are found. Knows no operation."""
