"""Who may see, ask, decide, end: rules, what a request reaches, quorum, Slack's people."""
