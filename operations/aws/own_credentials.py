"""The bot's own AWS credentials: the errors that say that they are expired, wrong or missing, in plain words.

A call that AWS turned away for them has changed nothing, and requesters can correct nothing: whoever runs the bot can.
Source: AWS Organizations API Reference and AWS STS API Reference, "Common Errors"; botocore.exceptions.
"""

from __future__ import annotations

CHECK = "`orgbot check` tells whether that works."
EXPIRED = (
    "The bot's own AWS credentials have expired.",
    f"Whoever runs the bot has to renew its AWS credentials; {CHECK}",
)
WRONG = (
    "AWS does not accept the bot's own AWS credentials.",
    f"Whoever runs the bot has to correct its AWS credentials, or the clock of its machine; {CHECK}",
)
MISSING = (
    "The bot has no AWS credentials.",
    f"Whoever runs the bot has to give it the standard AWS variables or the role of its machine; {CHECK}",
)
CREDENTIALS: dict[str, tuple[str, str]] = {
    "ExpiredToken": EXPIRED,
    "ExpiredTokenException": EXPIRED,
    "IncompleteSignature": WRONG,
    "IncompleteSignatureException": WRONG,
    "InvalidAccessKeyId": WRONG,
    "InvalidClientTokenId": WRONG,
    "InvalidSignatureException": WRONG,
    "MissingAuthenticationToken": WRONG,
    "MissingAuthenticationTokenException": WRONG,
    "RequestExpired": WRONG,
    "SignatureDoesNotMatch": WRONG,
    "UnrecognizedClientException": WRONG,
    "CredentialRetrievalError": MISSING,
    "LoginRefreshRequired": EXPIRED,
    "MetadataRetrievalError": MISSING,
    "NoAuthTokenError": MISSING,
    "NoCredentialsError": MISSING,
    "PartialCredentialsError": MISSING,
    "RefreshWithMFAUnsupportedError": EXPIRED,
    "TokenRetrievalError": EXPIRED,
    "UnauthorizedSSOTokenError": EXPIRED,
}


def is_about_credentials(name: str) -> bool:
    """Whether botocore's error of this name says that it has no credentials to sign with, so that nothing was sent."""
    return name in CREDENTIALS or name.endswith("TokenLoadError")
