"""The stand-ins are what they say."""
