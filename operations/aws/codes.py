"""The error codes of AWS Organizations, Account Management, IAM and STS, each sorted once.

Source: the services' API References ("Errors", "Common Errors") as they stand in botocore's models. IAM and STS send some
codes without `Exception`; those stand here as they are sent.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from operations.aws.own_credentials import CREDENTIALS
from operations.aws.prefilled import Prefilled
from operations.aws.sorting import DAY, Meaning, late, look, mend, no, wait

OPERATOR = "Whoever runs the bot has to give its role the policy that `orgbot iam-policy` prints; then ask again."
FOUND = Prefilled(operation="create-organization")
FEATURES = Prefilled(operation="enable-all-features")
TRUST = Prefilled(operation="enable-service-access", label="Enable trusted access", taking={"service": ("service",)})
TURN_ON = Prefilled(operation="enable-policy-type", label="Turn on the policy type", taking={"kind": ("kind", "type")})
TREE = "Look at `/org tree` and ask again with one that is there."
DENIED = mend("The bot's own AWS permissions do not allow this.", OPERATOR)
BUSY = wait("AWS takes no more calls at this moment.", DAY, timedelta(minutes=5))
UNREACHABLE = wait("AWS cannot be reached.", DAY, timedelta(minutes=5))
CHANGING = wait("AWS is working on another change of the same thing.", timedelta(hours=3))
NOT_TAKEN = no(
    "AWS does not accept one of the values. AWS says: {message}", "Correct the value that AWS names, then ask again."
)
NOT_OFFERED = no(
    "AWS does not offer this operation here. AWS says: {message}", "It can be had in other partitions only."
)
NO_SUCH_ENTITY = ("NoSuchEntity", "NoSuchEntityException")  # IAM sends it either way.
INTERNAL = replace(
    late("AWS had an internal error.", "Ask again later; if it goes on, ask AWS Support from the management account."),
    within=DAY,
    pause=timedelta(minutes=5),
)

CODES: dict[str, Meaning] = {
    **{name: mend(say, advice) for name, (say, advice) in CREDENTIALS.items()},
    # What every service may answer, by the page "Common Errors" of each and by the SDK.
    "AccessDenied": DENIED,
    "AccessDeniedException": DENIED,
    "NotAuthorized": DENIED,
    "UnauthorizedOperation": DENIED,
    "InternalError": INTERNAL,
    "InternalFailure": INTERNAL,
    "InternalServerError": INTERNAL,
    "InternalServerException": INTERNAL,
    "InvalidAction": NOT_OFFERED,
    "InvalidParameterCombination": NOT_TAKEN,
    "InvalidParameterValue": NOT_TAKEN,
    "MalformedHttpRequestException": no(),
    "MissingAction": no(),
    "MissingParameter": NOT_TAKEN,
    "OptInRequired": mend(
        "The bot's AWS account has not subscribed to this service.",
        "Its administrator subscribes in the AWS console, then ask again.",
    ),
    "ConnectTimeoutError": UNREACHABLE,
    "EndpointConnectionError": UNREACHABLE,
    "RequestAbortedException": INTERNAL,
    "RequestEntityTooLargeException": no(),
    "RequestLimitExceeded": BUSY,
    "RequestTimeout": INTERNAL,
    "RequestTimeoutException": INTERNAL,
    "ServiceException": INTERNAL,
    "ServiceFailure": INTERNAL,
    "ServiceUnavailable": INTERNAL,
    "SlowDown": BUSY,
    "Throttling": BUSY,
    "ThrottlingException": BUSY,
    "TooManyRequestsException": BUSY,
    **dict.fromkeys(  # Throttles that the SDK knows besides, whichever service sends them.
        (
            *("BandwidthLimitExceeded", "EC2ThrottledException", "PriorRequestNotComplete", "RequestThrottled"),
            *("ProvisionedThroughputExceededException", "RequestThrottledException", "ThrottledException"),
            "TransactionInProgressException",
        ),
        BUSY,
    ),
    "UnknownOperationException": NOT_OFFERED,
    "ValidationError": no(),
    "ValidationException": NOT_TAKEN,
    # AWS Organizations.
    "AWSOrganizationsNotInUseException": late(
        "The bot's AWS account is in no organization.",
        "Whoever runs the bot checks that it runs with credentials of the management account.",
    ),
    "AccessDeniedForDependencyException": mend(
        "The bot may not create the service-linked role that AWS Organizations needs.", OPERATOR
    ),
    "AccountAlreadyClosedException": look(),
    "AccountAlreadyRegisteredException": look(),
    "AccountNotFoundException": look(
        "AWS knows no such account in this organization.", "Check the id with `/org accounts`."
    ),
    "AccountNotRegisteredException": look(),
    "AccountOwnerNotVerifiedException": mend(
        "The e-mail address of the management account is not verified.",
        "Its owner verifies it in the AWS Organizations console, then ask again.",
    ),
    "AlreadyInOrganizationException": look(
        "The bot's AWS account is in an organization already.", "Look at `/org tree`."
    ),
    "ChildNotFoundException": look("AWS does not find it in this organization.", TREE),
    "ConcurrentModificationException": CHANGING,
    "ConflictException": look(
        "AWS says that this conflicts with the present state, without saying how: {message}",
        "Look in the AWS console, or ask AWS Support from the management account.",
    ),
    "ConstraintViolationException": no(),
    "CreateAccountStatusNotFoundException": look(
        "AWS no longer knows this creation of an account.", "Look at `/org accounts`."
    ),
    "DestinationParentNotFoundException": look("The destination no longer exists.", TREE),
    "DuplicateAccountException": look(),
    "DuplicateHandshakeException": look(
        "AWS says that such an invitation is open already.", "Look in the AWS Organizations console."
    ),
    "DuplicateOrganizationalUnitException": look(
        "An organizational unit of this name exists there already.",
        "Look at `/org tree`, and ask again with another name.",
    ),
    "DuplicatePolicyAttachmentException": look(),
    "DuplicatePolicyException": look(
        "A policy of this name exists already.", "Look at `/org policies`, and ask again with another name."
    ),
    "EffectivePolicyNotFoundException": no("No policy of this type reaches it.", "Look at `/org policies`."),
    "FinalizingOrganizationException": wait(
        "AWS is still setting the new organization up, which may take an hour.", timedelta(hours=3)
    ),
    "HandshakeAlreadyInStateException": look(),
    "HandshakeConstraintViolationException": no(),
    "HandshakeNotFoundException": look(
        "AWS no longer knows this handshake.", "Ask again if it is still wanted.", again=True
    ),
    "InvalidHandshakeTransitionException": look(),
    "InvalidInputException": NOT_TAKEN,
    "InvalidResponsibilityTransferTransitionException": no(),
    "MalformedPolicyDocumentException": no(
        "AWS does not accept the policy document. AWS says: {message}", "Correct the document, then ask again."
    ),
    "MasterCannotLeaveOrganizationException": no(
        "The management account cannot leave its organization.", "Choose a member account."
    ),
    "OrganizationNotEmptyException": no("The organization still has members.", "Look at `/org accounts`."),
    "OrganizationalUnitNotEmptyException": late(
        "The organizational unit is not empty.",
        "Move its accounts elsewhere and delete the organizational units in it, then ask again.",
        Prefilled(operation="move-account"),
        Prefilled(operation="delete-ou"),
    ),
    "OrganizationalUnitNotFoundException": look("The organizational unit no longer exists.", TREE),
    "ParentNotFoundException": look("The organizational unit above no longer exists.", TREE),
    "PolicyChangesInProgressException": wait("AWS is still applying an earlier change of policies."),
    "PolicyInUseException": late(
        "Somebody has attached the policy meanwhile.",
        "Detach it, then ask again.",
        Prefilled(operation="detach-policy", taking={"policy": ("policy",)}),
    ),
    "PolicyNotAttachedException": look(),
    "PolicyNotFoundException": look("The policy no longer exists.", "Look at `/org policies`."),
    "PolicyTypeAlreadyEnabledException": look(),
    "PolicyTypeNotAvailableForOrganizationException": late(
        "This organization cannot use policies of this type.",
        "With consolidated billing only, enable all features first, then ask again.",
        FEATURES,
    ),
    "PolicyTypeNotEnabledException": late(
        "The policy type is not enabled.",
        "Turn it on, then ask again.",
        TURN_ON,
    ),
    "ResourcePolicyNotFoundException": no(),
    "ResponsibilityTransferAlreadyInStatusException": no(),
    "ResponsibilityTransferNotFoundException": no(),
    "RootNotFoundException": look("AWS knows no such root.", TREE),
    "SourceParentNotFoundException": look("The account is no longer where it was.", TREE),
    "TargetNotFoundException": look("AWS knows no such resource in this organization.", TREE),
    "UnsupportedAPIEndpointException": mend(
        "This AWS Region does not offer the operation.",
        "Whoever runs the bot sets `AWS_REGION` to the Region of the global services, such as us-east-1.",
    ),
    # Account Management.
    "ResourceNotFoundException": look(),
    "ResourceUnavailableException": wait("What is asked for is not available at AWS at this moment."),
    # IAM.
    "ConcurrentModification": CHANGING,
    "DeleteConflict": late(
        "Something is still attached to it. AWS says: {message}", "Remove that in IAM, then ask again."
    ),
    "EntityAlreadyExists": look(),
    "EntityTemporarilyUnmodifiable": wait(
        "It was made or deleted a moment ago, and IAM keeps it as it is for some minutes."
    ),
    "LimitExceeded": mend(
        "An IAM quota is used up. AWS says: {message}",
        "Remove what is no longer used, or raise the quota in Service Quotas; then ask again.",
    ),
    "MalformedPolicyDocument": no(
        "AWS does not accept the policy document. AWS says: {message}", "Correct it, then ask again."
    ),
    "NoSuchEntity": look(
        "IAM knows no such user, group, role or policy.", "Look in the IAM console, and ask again with one that exists."
    ),
    "ReportInProgress": wait("IAM is still making its report."),
    "RoleModified": look(),
    "ServiceAccessNotEnabledException": late(
        "The service has no trusted access.", "Enable trusted access for it, then ask again.", TRUST
    ),
    "UnmodifiableEntity": no(
        "It is a service-linked role, which only its service can change.",
        "Choose another role, or change it in that service.",
    ),
    # STS.
    "IDPCommunicationError": wait("AWS could not reach the identity provider."),
    "PackedPolicyTooLarge": mend(
        "The session's policy and tags are too large together. AWS says: {message}",
        "Whoever keeps the bot's rules shortens `session_policy`.",
    ),
    "RegionDisabledException": mend(
        "STS is not active in the bot's Region.",
        "An administrator of the account activates it in IAM (Account settings), or whoever runs the bot sets another Region.",
    ),
    **dict.fromkeys(
        (  # What only calls get that the bot never makes.
            *("AccountNotManagementOrDelegatedAdministratorException",),
            *("CallerIsNotManagementAccountException", "DuplicateCertificate", "DuplicateSSHPublicKey"),
            *("ExpiredTradeInTokenException", "FeatureDisabled", "FeatureEnabled", "IDPRejectedClaim"),
            *("InvalidAuthenticationCode", "InvalidAuthorizationMessageException", "InvalidCertificate"),
            *("InvalidIdentityToken", "InvalidInput", "InvalidPublicKey", "InvalidUserType"),
            *("JWTPayloadSizeExceededException", "KeyPairMismatch", "MalformedCertificate", "NameConflict"),
            *("NotSupportedService", "OpenIdIdpCommunicationError", "OrganizationNotFoundException"),
            *("OrganizationNotInAllFeaturesModeException", "OutboundWebIdentityFederationDisabledException"),
            *("PasswordPolicyViolation", "PolicyEvaluation", "PolicyNotAttachable", "ReportExpired"),
            *("ReportGenerationLimitExceeded", "ReportNotPresent", "RoleTemplateDisabled"),
            *("SessionDurationEscalationException", "UnrecognizedPublicKeyEncoding"),
        ),
        no(),
    ),
}


def is_denied(code: str) -> bool:
    """Whether the bot's own permissions do not allow a call."""
    return CODES.get(code) is DENIED
