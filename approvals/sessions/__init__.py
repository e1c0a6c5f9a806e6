"""Role sessions: opened for one request, handed over, revealed, warned of, ended."""
