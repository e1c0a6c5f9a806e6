"""AWS's error codes in sentences with the way out, for whoever sets the bot up.

Source: AWS STS API Reference, "Common Errors"; AWS Organizations API Reference, "DescribeOrganization" (Errors).
"""

from __future__ import annotations

from operations.aws.errors import AwsError

ATTACH = "attach the policy that `orgbot iam-policy` prints to the bot's role"
RENEW = "AWS does not take these credentials; renew them, or correct the AWS_ variables"
NO_CREDENTIALS = "there are no AWS credentials; set AWS_PROFILE, or give the machine a role"
UNREACHABLE = "AWS cannot be reached; correct the network, AWS_REGION or AWS_ENDPOINT_URL"
MEANINGS = {
    "AWSOrganizationsNotInUseException": "this account is in no organization; take the management account's credentials, or "
    "create one with `/org create-organization`",
    "AccessDenied": ATTACH,
    "AccessDeniedException": ATTACH,
    "ConnectTimeoutError": UNREACHABLE,
    "EndpointConnectionError": UNREACHABLE,
    "ExpiredToken": RENEW,
    "ExpiredTokenException": RENEW,
    "InvalidClientTokenId": RENEW,
    "NoCredentialsError": NO_CREDENTIALS,
    "PartialCredentialsError": NO_CREDENTIALS,
    "SignatureDoesNotMatch": RENEW,
    "UnrecognizedClientException": RENEW,
}


def meaning(error: AwsError) -> str:
    """One sentence, with the call and AWS's code in brackets; AWS's own words where this knows none."""
    return f"{MEANINGS.get(error.code, error.message)} ({error.operation}: {error.code or 'no answer'})"
