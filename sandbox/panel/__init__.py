"""What stands beside the demo's Slack page: AWS's organization as it is now, the calls that came in, buttons that break things, scenes."""
