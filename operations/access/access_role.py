"""The role by which the management account enters a member account, and how an invited account's administrator makes it.

Source: AWS Organizations User Guide, "Creating OrganizationAccountAccessRole for an invited account"; AWS CloudFormation
User Guide, "AWS::IAM::Role".
"""

from __future__ import annotations

from operations.aws.client import Aws
from operations.aws.errors import BusyError, CredentialsError, RefusedError
from operations.aws.permissions import Permission
from operations.core.observations import Snippet

DEFAULT_ROLE = "OrganizationAccountAccessRole"
TRY_PERMISSION = Permission(
    "see whether a member account's role can be assumed",
    ("sts:AssumeRole",),
    (f"arn:{{partition}}:iam::*:role/{DEFAULT_ROLE}",),
)
TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Description: Lets the organization's management account into this account
Resources:
  AccessRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: {role}
      ManagedPolicyArns:
        - !Sub arn:${{AWS::Partition}}:iam::aws:policy/AdministratorAccess
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal:
              AWS: !Sub arn:${{AWS::Partition}}:iam::{management}:root
            Action:
              - sts:AssumeRole
              - sts:SetSourceIdentity
              - sts:TagSession
"""
COMMAND = """\
aws cloudformation deploy --stack-name {stack} \\
  --template-file access-role.yaml \\
  --capabilities CAPABILITY_NAMED_IAM"""


def how_to_make(role: str, management: str) -> tuple[Snippet, ...]:
    """The CloudFormation template and the AWS CLI line for whoever administers the invited account."""
    return (
        Snippet(label="access-role.yaml", text=TEMPLATE.format(role=role, management=management)),
        Snippet(label="In the invited account", text=COMMAND.format(stack="organization-access-role")),
    )


def can_be_assumed(aws: Aws, account: str, role: str) -> bool:
    """Whether the bot can enter the account by this role; the session that shows it is thrown away. Raises AwsError."""
    partition = aws.identity().partition
    try:
        aws.probe(
            "sts",
            "assume_role",
            RoleArn=f"arn:{partition}:iam::{account}:role/{role}",
            RoleSessionName="orgbot-look",
            DurationSeconds=900,
        )
    except CredentialsError:
        raise
    except (RefusedError, BusyError):
        return False
    return True
