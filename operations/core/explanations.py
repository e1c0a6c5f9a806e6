"""AWS's failure reasons and error codes in plain words: what they mean, and what to do.

Source: AWS Organizations API Reference, "CreateAccountStatus" (FailureReason) and "Common Errors"; User Guide,
"Troubleshooting AWS Organizations". Whatever is not listed is shown as AWS says it.
"""

from __future__ import annotations

from operations.aws.errors import CredentialsError, RefusedError
from operations.aws.own_credentials import CREDENTIALS, MISSING
from operations.core.observations import Failed

SUPPORT = "Ask AWS Support, from the management account."
PAYMENT = "Correct the payment method of the management account in the Billing console, then ask again."
BUSINESS = "Complete the business verification of the management account in its AWS account settings, then ask again."
QUOTA = (
    "Raise the quota “Default maximum number of accounts” in Service Quotas (us-east-1, management account), or remove accounts. "
    "Closed accounts count until they are permanently closed, and pending invitations count too."
)

CREATION_FAILURES: dict[str, tuple[str, str]] = {
    "ACCOUNT_LIMIT_EXCEEDED": ("The organization has reached its account quota.", QUOTA),
    "EMAIL_ALREADY_EXISTS": (
        "The e-mail address already belongs to another AWS account.",
        "Ask again with another address; plus addressing such as aws+staging@example.com reaches the same mailbox.",
    ),
    "INVALID_EMAIL": (
        "AWS does not accept this e-mail address.",
        "Ask again with a working address of 6 to 64 characters.",
    ),
    "INVALID_ADDRESS": (
        "The contact address of the management account, which AWS copies to new accounts, is invalid.",
        "Correct the contact information of the management account, then ask again.",
    ),
    "CONCURRENT_ACCOUNT_MODIFICATION": (
        "AWS is already working on a request like this one.",
        "Look for the first one with `/org requests` and in the AWS console before you ask again.",
    ),
    "INTERNAL_FAILURE": ("AWS had an internal failure.", f"Ask again later. If it fails again: {SUPPORT}"),
    "GOVCLOUD_ACCOUNT_ALREADY_EXISTS": (
        "The e-mail address is already used by an account in AWS GovCloud (US).",
        "Ask again with another address.",
    ),
    "MISSING_PAYMENT_INSTRUMENT": ("The management account has no payment method.", PAYMENT),
    "INVALID_PAYMENT_INSTRUMENT": ("The payment method of the management account is invalid.", PAYMENT),
    "MISSING_BUSINESS_VALIDATION": ("AWS has not verified the business of the management account.", BUSINESS),
    "PENDING_BUSINESS_VALIDATION": (
        "AWS is still verifying the business of the management account.",
        "Wait until the verification is complete, then ask again.",
    ),
    "FAILED_BUSINESS_VALIDATION": ("The business verification of the management account failed.", SUPPORT),
    "UNKNOWN_BUSINESS_VALIDATION": (
        "The business verification of the management account has an unknown state.",
        SUPPORT,
    ),
    "INVALID_IDENTITY_FOR_BUSINESS_VALIDATION": (
        "The identity given for the business verification of the management account is invalid.",
        BUSINESS,
    ),
    "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED": (
        "AWS answered UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED.",
        "AWS does not document this reason; asking again without tags may help.",
    ),
}

CONSTRAINTS: dict[str, tuple[str, str]] = {
    "ACCOUNT_NUMBER_LIMIT_EXCEEDED": ("The organization has reached its account quota.", QUOTA),
    "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED": (
        "Too many accounts were created in a short time.",
        "Wait until some of the creations under way have finished, then ask again.",
    ),
    "TAG_POLICY_VIOLATION": (
        "The tags break a tag policy of the organization.",
        "Ask again with tags that the tag policy allows.",
    ),
    "OU_DEPTH_LIMIT_EXCEEDED": (
        "Organizational units can be nested five deep at most.",
        "Choose a place higher in the tree.",
    ),
    "OU_NUMBER_LIMIT_EXCEEDED": (
        "The organization has its full number of organizational units.",
        "Delete empty ones, then ask again.",
    ),
    "MAX_TAG_LIMIT_EXCEEDED": (
        "It would have more than the 50 tags that AWS allows.",
        "Remove some with `/org untag-account`, then ask again.",
    ),
}

DENIED = (
    "The bot's own AWS permissions do not allow this.",
    "Give the bot's role the policy that `orgbot iam-policy` prints, then ask again.",
)
CODES: dict[str, tuple[str, str]] = CREDENTIALS | {
    "AccessDenied": DENIED,
    "AccessDeniedException": DENIED,
    "AccessDeniedForDependencyException": (
        "The bot may not create the service-linked role that AWS Organizations needs.",
        "Give the bot's role the policy that `orgbot iam-policy` prints, then ask again.",
    ),
    "AWSOrganizationsNotInUseException": (
        "The bot's AWS account is in no organization.",
        "Check that the bot runs with credentials of the management account.",
    ),
    "AccountNotFoundException": (
        "AWS knows no such account in this organization.",
        "Check the id with `/org accounts`.",
    ),
    "DestinationParentNotFoundException": (
        "The destination no longer exists.",
        "Look at `/org tree` and ask again with an organizational unit that is there.",
    ),
    "DuplicateOrganizationalUnitException": (
        "An organizational unit of this name exists there already.",
        "Look at `/org tree`, and ask again with another name.",
    ),
    "InvalidInputException": (
        "AWS does not accept one of the values.",
        "Correct the value that AWS names, then ask again.",
    ),
    "OrganizationalUnitNotEmptyException": (
        "The organizational unit is not empty.",
        "Move its accounts elsewhere with `/org move-account` and delete the organizational units in it, then ask again.",
    ),
    "OrganizationalUnitNotFoundException": (
        "The organizational unit no longer exists.",
        "Look at `/org tree` and ask again with one that is there.",
    ),
    "ParentNotFoundException": (
        "The organizational unit above no longer exists.",
        "Look at `/org tree` and ask again with one that is there.",
    ),
    "TargetNotFoundException": (
        "AWS knows no such resource in this organization.",
        "Look at `/org tree`, then ask again.",
    ),
    "UnsupportedAPIEndpointException": ("This AWS Region does not offer the operation.", "Use the Region us-east-1."),
}


def creation_failure(reason: str) -> Failed:
    """CreateAccount's FailureReason in plain words; an unknown one is shown raw."""
    meaning, advice = CREATION_FAILURES.get(
        reason, (f"AWS could not create the account: {reason or 'no reason given'}.", SUPPORT)
    )
    return Failed(meaning, advice, code=reason)


def refusal(code: str, reason: str, message: str) -> Failed:
    """A refused call in plain words: by constraint reason, then by code, then as AWS says it."""
    meaning, advice = CONSTRAINTS.get(reason) or CREATION_FAILURES.get(reason) or CODES.get(code) or ("", "")
    if not meaning:
        named = f"{code} ({reason})" if reason else code
        return Failed(f"AWS refused: {named}: {message}", "Correct what AWS names, then ask again.", code=code)
    said = f" AWS says: {message}" if message and code == "InvalidInputException" else ""
    return Failed(meaning + said, advice, code=reason or code)


def hindrance(error: RefusedError) -> Failed:
    """What keeps the bot from asking AWS, for a request that waits meanwhile, and what whoever runs the bot has to mend."""
    if isinstance(error, CredentialsError):
        say, advice = CREDENTIALS.get(error.code, MISSING)
        said = "" if error.code in CREDENTIALS else f" {error.operation} answers {error.code}: {error.message}"
        return Failed(say + said, advice, error.code)
    if CODES.get(error.code) is DENIED:
        say = f"The bot's own AWS permissions do not allow it to look ({error.operation})."
        return Failed(
            say, "Whoever runs the bot has to give its role the policy that `orgbot iam-policy` prints.", error.code
        )
    say = f"AWS refuses the bot's look ({error.operation}): {error.code}: {error.message}"
    return Failed(say, "Whoever runs the bot has to see to what AWS names; `orgbot check` may tell more.", error.code)
