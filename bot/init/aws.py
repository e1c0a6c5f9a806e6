"""The step of `orgbot init` in AWS: which account this is, and a file that makes the bot's role.

Source: AWS CloudFormation Template Reference, "AWS::IAM::Role"; OpenTofu and the Terraform AWS provider, "aws_iam_role".
"""

from __future__ import annotations

import json
from typing import Any

from bot.aws import Boto3Clients
from bot.checks.findings import WrongError, tried
from bot.init.talk import Talk
from operations.aws.client import Aws
from operations.aws.permissions import iam_policy
from operations.core.registry import all_permissions

Json = dict[str, Any]
INDENT = " " * 10


def look_at_aws(talk: Talk) -> None:
    """Says whose credentials these are, and offers the role in the form that the team uses."""
    found = tried("AWS", _whose)
    (talk.right if found.ok else talk.wrong)(found.detail)
    talk.say("The bot needs a role in the management account, with the least privilege that its operations need.")
    forms = {
        "the policy alone, as JSON": ("orgbot-policy.json", policy_json),
        "CloudFormation": ("orgbot-role.yaml", cloudformation),
        "OpenTofu or Terraform": ("orgbot-role.tf", opentofu),
    }
    if not any((talk.folder / name).exists() for name, _ in forms.values()):
        chosen = talk.choose("In which form do you want it?", list(forms), str)
        name, make = forms[chosen]
        talk.write(name, make(), "make the role with it, and give it to the machine that runs the bot")


def _whose() -> str:
    aws = Aws(Boto3Clients())
    caller = aws.read("sts", "get_caller_identity")
    organization = aws.read("organizations", "describe_organization")["Organization"]
    if organization["MasterAccountId"] != caller["Account"]:
        raise WrongError(
            f"{caller['Arn']} is not in the management account, which is {organization['MasterAccountId']}"
        )
    return f"{caller['Arn']}, in the management account of {organization['Id']}"


def policy_json() -> str:
    """What `orgbot iam-policy` prints."""
    return json.dumps(iam_policy(all_permissions()), indent=2) + "\n"


def cloudformation() -> str:
    """A template with the role, which an EC2 instance or an ECS task may take."""
    policy = json.dumps(iam_policy(all_permissions()), indent=2).replace("\n", f"\n{INDENT}")
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
        Statement: [{{Effect: Allow, Principal: {{Service: [ec2.amazonaws.com, ecs-tasks.amazonaws.com]}}, Action: "sts:AssumeRole"}}]
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Roles: [!Ref Role]
      PolicyDocument:
          {policy}
Outputs:
  RoleArn: {{Value: !GetAtt Role.Arn}}
"""


def opentofu() -> str:
    """The same for OpenTofu and Terraform."""
    policy = json.dumps(iam_policy(all_permissions()), indent=2).replace("${", "$${")
    return f"""\
resource "aws_iam_role" "orgbot" {{
  name                 = "orgbot"
  max_session_duration = 3600
  assume_role_policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Principal = {{ Service = ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"] }}, Action = "sts:AssumeRole" }}]
  }})
}}

resource "aws_iam_policy" "orgbot" {{
  name   = "orgbot"
  policy = <<-POLICY
{policy}
POLICY
}}

resource "aws_iam_role_policy_attachment" "orgbot" {{
  role       = aws_iam_role.orgbot.name
  policy_arn = aws_iam_policy.orgbot.arn
}}

output "role_arn" {{ value = aws_iam_role.orgbot.arn }}
"""
