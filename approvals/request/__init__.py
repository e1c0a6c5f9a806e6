"""The life of a request: taken in, prepared, decided, carried out, and reminded of while it waits."""
