"""The reasons that AWS gives beside an error code, and those for which the creation of an account fails, each sorted once.

Source: AWS Organizations API Reference, "ConstraintViolationException", "HandshakeConstraintViolationException",
"InvalidInputException", "AccessDeniedForDependencyException", "CreateAccountStatus" (FailureReason); AWS Account Management
API Reference, "ValidationException"; AWS Organizations User Guide, "Quotas". The names are those of botocore's models.
"""

from __future__ import annotations

from datetime import timedelta

from operations.aws.codes import CODES, FEATURES, NOT_TAKEN, TRUST
from operations.aws.prefilled import Prefilled
from operations.aws.sorting import DAY, UNSORTED, Meaning, late, look, mend, no, wait

SUPPORT = "Ask AWS Support, from the management account."
PAYMENT = "Its owner corrects the payment method of the management account in the Billing console; then ask again."
BUSINESS = "Its owner completes the business verification of the management account in its AWS account settings; then ask again."
QUOTA = (
    "Raise the quota “Default maximum number of accounts” in Service Quotas (management account, in the Region of the global services, such as us-east-1), or remove accounts; then ask again. "
    "Closed accounts count until they are permanently closed, and pending invitations count too. In an organization that is less "
    "than an hour old, ask again after an hour."
)
ADD_PAYMENT = "Its root user adds one in the Billing console; then ask again."
SIGN_UP = "Its root user signs in and completes the sign-up; then ask again."
DEREGISTER = "Remove that first, then ask again."
REMOVE_ADMINISTRATOR = Prefilled(
    operation="deregister-delegated-administrator",
    label="Remove delegated administrator",
    taking={"account": ("account",), "service": ("service",)},
)
ONE_OF_THEM = REMOVE_ADMINISTRATOR.model_copy(update={"taking": {"service": ("service",)}})
ALL_FEATURES = late(
    "The organization has consolidated billing only, and this needs all features.",
    "Enable all features first, then ask again.",
    FEATURES,
)
FULL = mend("The organization has reached its account quota.", QUOTA)
PAYER = mend("The payment method of the management account is missing or invalid.", PAYMENT)
QUARTER = timedelta(minutes=15)

REASONS: dict[str, Meaning] = {
    # ConstraintViolationException and HandshakeConstraintViolationException.
    "ACCOUNT_CANNOT_LEAVE_ORGANIZATION": no("This account cannot leave the organization.", "Choose a member account."),
    "ACCOUNT_CANNOT_LEAVE_WITHOUT_EULA": mend(
        "The account lacks what a standalone account needs: an agreement, a contact address or a verified phone number.",
        SIGN_UP,
    ),
    "ACCOUNT_CANNOT_LEAVE_WITHOUT_PHONE_VERIFICATION": mend("The account's phone number is not verified.", SIGN_UP),
    "ACCOUNT_CREATION_NOT_COMPLETE": mend("The account's sign-up is not complete.", SIGN_UP),
    "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED": wait(
        "AWS creates only so many accounts at a time, and as many are being created now.", DAY
    ),
    "ACCOUNT_NUMBER_LIMIT_EXCEEDED": FULL,
    "ALL_FEATURES_MIGRATION_ORGANIZATION_SIZE_LIMIT_EXCEEDED": mend(
        "The organization has more than 5,000 accounts, too many for this way.",
        "Its owner takes AWS's assisted migration, or asks AWS Support from the management account.",
    ),
    "ALREADY_IN_AN_ORGANIZATION": mend(
        "The account is already a member of an organization.",
        "Whoever runs that organization has to let it leave first. Then ask again.",
    ),
    "CANNOT_CLOSE_MANAGEMENT_ACCOUNT": no(
        "The management account cannot be closed from here.", "Its root user can, when there are no members any more."
    ),
    "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR": no(
        "The management account cannot be a delegated administrator.", "Choose a member account."
    ),
    "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR": no(
        "The account is suspended, and only an ACTIVE one can administer a service.", "Choose another account."
    ),
    "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG": late(
        "The account is a delegated administrator.", DEREGISTER, REMOVE_ADMINISTRATOR
    ),
    "CLOSE_ACCOUNT_QUOTA_EXCEEDED": mend(
        "The organization's quota of closed accounts is used up: 250 or a fifth of the members, 1,000 at most, in 30 days.",
        "Ask again when the first of them is 30 days ago.",
    ),
    "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED": wait(
        "AWS closes only so many accounts at a time, and as many are being closed now.", DAY
    ),
    "CREATE_ORGANIZATION_IN_BILLING_MODE_UNSUPPORTED_REGION": no(
        "Here AWS creates organizations with all features only.", "Ask again with all features."
    ),
    "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE": late(
        "The service has a delegated administrator.", DEREGISTER, ONE_OF_THEM
    ),
    "EMAIL_VERIFICATION_CODE_EXPIRED": no(),
    "HANDSHAKE_RATE_LIMIT_EXCEEDED": wait(
        "AWS sends only so many invitations on one day, and as many were sent today.", DAY, QUARTER
    ),
    "INVALID_PAYMENT_INSTRUMENT": PAYER,
    "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES": mend(
        "Nobody can be invited while all features are being enabled.",
        "Ask again when every invited account has accepted that.",
    ),
    "LEGACY_PERMISSIONS_STILL_IN_USE": mend(
        "The organization still uses IAM's old actions for billing.",
        "Its administrator moves them to the fine-grained ones in the Billing console; then ask again.",
    ),
    "MANAGEMENT_ACCOUNT_EMAIL_NOT_VERIFIED": CODES["AccountOwnerNotVerifiedException"],
    "MASTER_ACCOUNT_ADDRESS_DOES_NOT_MATCH_MARKETPLACE": mend(
        "The management account belongs to another marketplace than its address.", SUPPORT
    ),
    "MASTER_ACCOUNT_MISSING_BUSINESS_LICENSE": mend("The management account has no valid business license.", SUPPORT),
    "MASTER_ACCOUNT_MISSING_CONTACT_INFO": mend(
        "The management account has no valid contact address or phone number.",
        "Its owner completes them in its account settings; then ask again.",
    ),
    "MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED": mend(
        "The management account has no account in AWS GovCloud (US).", "Its root user signs up for it; then ask again."
    ),
    "MASTER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED": PAYER,
    "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED": late(
        "The service has as many delegated administrators as it takes.",
        "Remove one of them first, then ask again.",
        ONE_OF_THEM,
    ),
    "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED": late(
        "As many policies of this type are attached there as AWS allows.",
        "Detach one of them first, then ask again.",
        Prefilled(operation="detach-policy", taking={"place": ("place",)}),
    ),
    "MAX_TAG_LIMIT_EXCEEDED": late(
        "It would have more than the 50 tags that AWS allows.",
        "Remove some, then ask again.",
        Prefilled(operation="untag-account", taking={"account": ("account",)}),
    ),
    "MEMBER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED": mend(
        "The account has no payment method of its own.",
        ADD_PAYMENT,
    ),
    "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED": late(
        "It is the last policy of this type there, and AWS wants at least one.",
        "Attach another one first, then ask again.",
        Prefilled(operation="attach-policy", taking={"place": ("place",)}),
    ),
    "ORGANIZATION_ALREADY_HAS_ALL_FEATURES": look("The organization has all features already.", "Look at `/org tree`."),
    "ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD": no(
        "The account has another seller of record (such as AWS India), or is in another partition, than the organization.",
        "Accounts of different sellers of record or partitions cannot be in one organization.",
    ),
    "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION": look(
        "AWS says that all features are being enabled already.", "Look in the AWS Organizations console."
    ),
    "ORGANIZATION_MEMBERSHIP_CHANGE_RATE_LIMIT_EXCEEDED": wait(
        "The account changed its organization a short while ago, and AWS wants some time in between.", DAY, QUARTER
    ),
    "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE": ALL_FEATURES,
    "OU_DEPTH_LIMIT_EXCEEDED": no(
        "Organizational units can be nested five deep at most.", "Choose a place higher in the tree."
    ),
    "OU_NUMBER_LIMIT_EXCEEDED": mend(
        "The organization has its full number of organizational units.",
        "Delete empty ones, then ask again.",
        Prefilled(operation="delete-ou"),
    ),
    "PAST_DUE_INVOICE": mend("An invoice of the organization is past due.", "Its owner pays it; then ask again."),
    "PAYMENT_INSTRUMENT_REQUIRED": mend(
        "The account has no payment method.", "Its administrator has to add one; then ask again."
    ),
    "POLICY_CONTENT_LIMIT_EXCEEDED": no(
        "The policy document is larger than AWS allows.", "Shorten it, or make two policies of it."
    ),
    "POLICY_NUMBER_LIMIT_EXCEEDED": mend(
        "The organization has as many policies as AWS allows.",
        "Delete some that are attached to nothing, then ask again.",
        Prefilled(operation="delete-policy"),
    ),
    "POLICY_TYPE_ENABLED_FOR_THIS_SERVICE": late(
        "A policy type of this service is enabled.",
        "Turn it off first, then ask again.",
        Prefilled(operation="disable-policy-type"),
    ),
    "SERVICE_ACCESS_NOT_ENABLED": late(
        "A service's trusted access is needed first. AWS says: {message}",
        "Enable trusted access for that service, then ask again.",
        TRUST,
    ),
    "TAG_POLICY_VIOLATION": no(
        "The tags break a tag policy of the organization.", "Ask again with tags that the tag policy allows."
    ),
    "UNSUPPORTED_PRICING": mend("The account's pricing does not allow this.", SUPPORT),
    "WAIT_PERIOD_ACTIVE": mend(
        "The account was created less than four days ago.", "Ask again when four days are over."
    ),
    # AccessDeniedForDependencyException.
    "ACCESS_DENIED_DURING_CREATE_SERVICE_LINKED_ROLE": CODES["AccessDeniedForDependencyException"],
    # CreateAccountStatus: here an account was not created, so that it may be asked for again.
    "ACCOUNT_LIMIT_EXCEEDED": FULL,
    "CONCURRENT_ACCOUNT_MODIFICATION": wait(
        "AWS is already working on a creation with this e-mail address.", timedelta(hours=3), QUARTER
    ),
    "EMAIL_ALREADY_EXISTS": no(
        "The e-mail address already belongs to another AWS account.",
        "Ask again with another address; plus addressing such as aws+staging@example.com reaches the same mailbox.",
    ),
    "FAILED_BUSINESS_VALIDATION": mend("The business verification of the management account failed.", SUPPORT),
    "GOVCLOUD_ACCOUNT_ALREADY_EXISTS": no(
        "The e-mail address is already used by an account in AWS GovCloud (US).", "Ask again with another address."
    ),
    "INTERNAL_FAILURE": wait("AWS had an internal failure while it created the account.", timedelta(hours=3), QUARTER),
    "INVALID_ADDRESS": mend(
        "The contact address of the management account, which AWS copies to new accounts, is invalid.",
        "Its owner corrects the contact information of the management account; then ask again.",
    ),
    "INVALID_EMAIL": no(
        "AWS does not accept this e-mail address.", "Ask again with a working address of 6 to 64 characters."
    ),
    "INVALID_IDENTITY_FOR_BUSINESS_VALIDATION": mend(
        "The identity given for the business verification of the management account is invalid.", BUSINESS
    ),
    "MISSING_BUSINESS_VALIDATION": mend("AWS has not verified the business of the management account.", BUSINESS),
    "MISSING_PAYMENT_INSTRUMENT": PAYER,
    "PENDING_BUSINESS_VALIDATION": mend(
        "AWS is still verifying the business of the management account.",
        "Ask again when the management account's owner knows that it is complete.",
    ),
    "UNKNOWN_BUSINESS_VALIDATION": mend(
        "The business verification of the management account has an unknown state.", SUPPORT
    ),
    "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED": no(
        "AWS answered UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED.",
        "AWS does not document this reason; asking again without tags may help.",
    ),
    # InvalidInputException and Account Management's ValidationException: a value that AWS does not take.
    "IMMUTABLE_POLICY": no(
        "The policy is managed by AWS and cannot be changed.",
        "Create a policy of your own.",
        Prefilled(operation="create-policy"),
    ),
    "INVALID_ROLE_NAME": no(
        "AWS does not accept this role name.", "Ask again with one that does not begin with AWSServiceRoleFor."
    ),
    "MOVING_ACCOUNT_BETWEEN_DIFFERENT_ROOTS": no("An account moves within one root only.", "Look at `/org tree`."),
    "NON_DETACHABLE_POLICY": no(
        "AWS keeps this policy on every target.",
        "Attach another one that limits it.",
        Prefilled(operation="attach-policy", taking={"place": ("place",)}),
    ),
    "TARGET_NOT_SUPPORTED": no("AWS does not offer this for that target.", "Choose another target."),
    "UNRECOGNIZED_SERVICE_PRINCIPAL": no(
        "AWS knows no such service principal.", "Look it up in the service's documentation, and ask again with that."
    ),
    **dict.fromkeys(
        (
            "CALLER_REQUIRED_FIELD_MISSING",
            "DUPLICATE_TAG_KEY",
            "INPUT_REQUIRED",
            "INVALID_EMAIL_ADDRESS_TARGET",
            "INVALID_ENUM",
            "INVALID_ENUM_POLICY_TYPE",
            "INVALID_FULL_NAME_TARGET",
            "INVALID_LIST_MEMBER",
            "INVALID_NEXT_TOKEN",
            "INVALID_PARTY_TYPE_TARGET",
            "INVALID_PATTERN",
            "INVALID_PATTERN_TARGET_ID",
            "INVALID_PRINCIPAL",
            "INVALID_RESOURCE_POLICY_JSON",
            "INVALID_SYNTAX_ORGANIZATION_ARN",
            "INVALID_SYNTAX_POLICY_ID",
            "INVALID_SYSTEM_TAGS_PARAMETER",
            "MAX_LENGTH_EXCEEDED",
            "MAX_LIMIT_EXCEEDED_FILTER",
            "MAX_VALUE_EXCEEDED",
            "MIN_LENGTH_EXCEEDED",
            "MIN_VALUE_EXCEEDED",
            "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY",
            "UNSUPPORTED_POLICY_TYPE_IN_RESOURCE_POLICY",
            "UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY",
            "fieldValidationFailed",
            "invalidRegionOptTarget",
        ),
        NOT_TAKEN,
    ),
    **dict.fromkeys(
        (  # Of Billing Transfer, which the bot does not do.
            "ACCOUNT_NOT_ACTIVE_FOR_TRANSFER_RESPONSIBILITY",
            "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS",
            "END_DATE_NOT_END_OF_MONTH",
            "END_DATE_TOO_EARLY",
            "END_DATE_TOO_LATE",
            "INVALID_END_DATE",
            "INVALID_START_DATE",
            "RESPONSIBILITY_TRANSFER_ALREADY_EXISTS",
            "RESPONSIBILITY_TRANSFER_MAX_INBOUND_QUOTA_VIOLATION",
            "RESPONSIBILITY_TRANSFER_MAX_LEVEL_VIOLATION",
            "RESPONSIBILITY_TRANSFER_MAX_OUTBOUND_QUOTA_VIOLATION",
            "RESPONSIBILITY_TRANSFER_MAX_TRANSFERS_QUOTA_VIOLATION",
            "SOURCE_AND_TARGET_CANNOT_MATCH",
            "START_DATE_NOT_BEGINNING_OF_DAY",
            "START_DATE_NOT_BEGINNING_OF_MONTH",
            "START_DATE_TOO_EARLY",
            "START_DATE_TOO_LATE",
            "TARGET_ACCOUNT_VALIDATION_FAILURE",
            "TRANSFER_RESPONSIBILITY_SOURCE_DELETION_IN_PROGRESS",
            "TRANSFER_RESPONSIBILITY_TARGET_DELETION_IN_PROGRESS",
            "TRANSFER_RESPONSIBILITY_UPDATE_NOT_ALLOWED",
            "UNMET_BILLING_PREREQUISITE",
            "UNSUPPORTED_ACTION_IN_RESPONSIBILITY_TRANSFER",
            "UNUSED_PREPAYMENT_BALANCE",
        ),
        no(),
    ),
}


def meaning_of(code: str, reason: str = "") -> Meaning:
    """What a refusal means, by its reason where AWS gives one; UNSORTED for what AWS has added since.

    IAM and STS send some codes with `Exception` at the end and some without; both are understood.
    """
    found = REASONS.get(reason) or CODES.get(code) or CODES.get(code.removesuffix("Exception"))
    return found or UNSORTED
