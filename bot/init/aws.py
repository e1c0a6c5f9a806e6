"""The step of `orgbot init` in AWS: which account this is, and a file that makes the bot's role.

Source: AWS CloudFormation Template Reference, "AWS::IAM::Role"; OpenTofu and the Terraform AWS provider, "aws_iam_role".
"""

from __future__ import annotations

from collections.abc import Callable

from bot.aws import Boto3Clients
from bot.checks.aws import organization_of
from bot.checks.findings import tried
from bot.iam_policy import policy_text
from bot.init.talk import Talk
from operations.aws.client import Aws

INDENT = " " * 10


def look_at_aws(talk: Talk) -> None:
    """Says whose credentials these are, and offers the role in the form that the team uses."""
    found = tried("AWS", _whose)
    (talk.right if found.ok else talk.wrong)(found.detail)
    talk.say("The bot needs a role in the management account, with the least privilege that its operations need.")
    forms: dict[str, tuple[str, Callable[[str], str]]] = {
        "the policy alone, as JSON": ("orgbot-policy.json", str),
        "CloudFormation": ("orgbot-role.yaml", cloudformation),
        "OpenTofu or Terraform": ("orgbot-role.tf", opentofu),
    }
    if talk.anew or not any((talk.folder / name).exists() for name, _ in forms.values()):
        chosen = talk.choose("In which form do you want it?", list(forms), str)
        name, make = forms[chosen]
        talk.write(name, make(policy_text()), "make the role with it, and give it to the machine that runs the bot")


def _whose() -> str:
    aws = Aws(Boto3Clients())
    return f"{aws.identity().arn}, in {organization_of(aws)}"


def cloudformation(policy: str) -> str:
    """A template with the role and this policy, JSON; an EC2 instance, an ECS task or a pod on EKS may take the role."""
    indented = policy.strip().replace("\n", f"\n{INDENT}")
    return f"""\
AWSTemplateFormatVersion: "2010-09-09"
Description: The role of orgbot, in the management account
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: orgbot
      MaxSessionDuration: 3600
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {{Service: [ec2.amazonaws.com, ecs-tasks.amazonaws.com, pods.eks.amazonaws.com]}}
            Action: ["sts:AssumeRole", "sts:TagSession"]
  InstanceProfile: # By which an EC2 instance takes the role.
    Type: AWS::IAM::InstanceProfile
    Properties:
      InstanceProfileName: orgbot
      Roles: [!Ref Role]
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Roles: [!Ref Role]
      PolicyDocument:
          {indented}
Outputs:
  RoleArn: {{Value: !GetAtt Role.Arn}}
"""


def opentofu(policy: str) -> str:
    """The same for OpenTofu and Terraform."""
    escaped = policy.strip().replace("${", "$${")
    return f"""\
resource "aws_iam_role" "orgbot" {{
  name                 = "orgbot"
  max_session_duration = 3600
  assume_role_policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Principal = {{ Service = ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com", "pods.eks.amazonaws.com"] }}
      Action    = ["sts:AssumeRole", "sts:TagSession"]
    }}]
  }})
}}

# By which an EC2 instance takes the role.
resource "aws_iam_instance_profile" "orgbot" {{
  name = "orgbot"
  role = aws_iam_role.orgbot.name
}}

resource "aws_iam_policy" "orgbot" {{
  name   = "orgbot"
  policy = <<-POLICY
{escaped}
POLICY
}}

resource "aws_iam_role_policy_attachment" "orgbot" {{
  role       = aws_iam_role.orgbot.name
  policy_arn = aws_iam_policy.orgbot.arn
}}

output "role_arn" {{ value = aws_iam_role.orgbot.arn }}
"""
