"""The stand-in for AWS, asked with boto3 over HTTP."""
