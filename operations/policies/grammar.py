"""The published syntax of each policy type's documents, as data: which keys there are, what stands under them, and which values
AWS lists.

Source: AWS Organizations User Guide, the page "… policy syntax and examples" of each type, and "Inheritance operators". Where a
page calls something required and shows an example without it (a child policy is completed by its parents), it is `wanted`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from operations.snapshot.names import listed


class Shape(NamedTuple):
    """What a value, or a name that people choose, looks like: a pattern for the whole of it, and the words for people."""

    pattern: str
    said: str

    def takes(self, text: str) -> bool:
        """Whether AWS takes this text there."""
        return re.fullmatch(self.pattern, text, re.DOTALL) is not None


@dataclass(frozen=True)
class Value:
    """An object that holds operators alone. A setting of `one` value cannot be appended to."""

    shape: Shape | None = None
    one: bool = False


@dataclass(frozen=True)
class Keys:
    """An object with these keys. `needed` are in every document, `wanted` in every effective policy. `any` is what stands under
    names that people choose, `names` how they look; `same` is the key whose value repeats such a name, but for its case.
    """

    known: Mapping[str, Node] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    any: Node | None = None
    names: Shape | None = None
    same: str = ""


@dataclass(frozen=True)
class Unknown:
    """An object of whose keys the bot knows nothing; its operators are looked at all the same."""


Node = Keys | Value | Unknown


def _one_of(*words: str) -> Shape:
    return Shape("|".join(map(re.escape, words)), listed(words, 12))


REGION = Shape(r"[a-z]{2,5}(-[a-z]+)+-[0-9]{1,2}", "a Region such as eu-central-1")
WHERE = Shape(rf"ALL_SUPPORTED|{REGION.pattern}", "Regions such as eu-central-1, or ALL_SUPPORTED")
ARN = Shape(r"arn:.+", "an ARN")
NUMBER = Shape(r"-1|[0-9]{1,10}", "a whole number")
ANY, ON, BOOL = (
    Value(),
    Value(_one_of("enabled", "disabled"), one=True),
    Value(Shape(r"(?i:true|false)", "true or false"), one=True),
)
COUNT, ONE_ARN, REGIONS = Value(NUMBER, one=True), Value(ARN, one=True), Value(WHERE)
LISTS = {"enable_in_regions": REGIONS, "disable_in_regions": REGIONS}
IN_REGIONS = Keys(LISTS, wanted=tuple(LISTS))


def _below(name: str, node: Node) -> Keys:
    """A document whose one key at the top is this."""
    return Keys({name: node}, needed=(name,))


def _choice(*words: str) -> Value:
    return Value(_one_of(*words), one=True)


RESOURCES = Value(
    Shape(r"[A-Za-z0-9-]+:\S+", "a service and a resource type such as ec2:instance or ec2:ALL_SUPPORTED")
)
TAG = Keys(
    {
        "tag_key": Value(one=True),
        "tag_value": Value(Shape(r"[^*]*+\*?+[^*]*+", "texts with one * at most")),
        "enforced_for": RESOURCES,
        "report_required_tag_for": RESOURCES,
    }
)

LIFECYCLE = Keys(
    {
        "move_to_cold_storage_after_days": COUNT,
        "delete_after_days": COUNT,
        "opt_in_to_archive_for_supported_resources": BOOL,
    }
)
TAGS = Keys(any=Keys({"tag_key": Value(one=True), "tag_value": ANY}))
RULE = Keys(
    {
        "schedule_expression": Value(Shape(r"(cron|rate)\(.+\)", "an expression such as cron(0 5 ? * * *)"), one=True),
        "target_backup_vault_name": Value(one=True),
        "target_logically_air_gapped_backup_vault_arn": ONE_ARN,
        "start_backup_window_minutes": COUNT,
        "complete_backup_window_minutes": COUNT,
        "enable_continuous_backup": BOOL,
        "lifecycle": LIFECYCLE,
        "copy_actions": Keys(any=Keys({"target_backup_vault_arn": ONE_ARN, "lifecycle": LIFECYCLE})),
        "recovery_point_tags": TAGS,
        "index_actions": Keys({"resource_types": Value(_one_of("EBS", "S3"))}),
        "scan_actions": Keys({"GUARDDUTY": Keys({"scan_mode": _choice("INCREMENTAL_SCAN", "FULL_SCAN")})}),
    }
)
CONDITION = Keys(any=Keys({"condition_key": Value(one=True), "condition_value": ANY}))
CONDITIONS = Keys(dict.fromkeys(("string_equals", "string_not_equals", "string_like", "string_not_like"), CONDITION))
BY_TAG = Keys({"iam_role_arn": ONE_ARN, "tag_key": Value(one=True), "tag_value": ANY, "conditions": CONDITIONS})
KINDS = Value(Shape(r"\*|arn:.+", "ARNs, or * for all types"))
BY_TYPE = Keys(
    {"iam_role_arn": ONE_ARN, "resource_types": KINDS, "not_resource_types": KINDS, "conditions": CONDITIONS}
)
SCANNED = Keys({"resource_types": Value(_one_of("EBS", "EC2", "S3", "ALL")), "scanner_role_arn": ONE_ARN})
PLAN = Keys(
    {
        "regions": REGIONS,
        "rules": Keys(any=RULE),
        "selections": Keys({"tags": Keys(any=BY_TAG), "resources": Keys(any=BY_TYPE)}),
        "advanced_backup_settings": Keys(
            {"ec2": Keys({"windows_vss": ON}), "s3": Keys({"backup_acls": ON, "backup_object_tags": ON})}
        ),
        "backup_plan_tags": TAGS,
        "scan_settings": Keys({"GUARDDUTY": SCANNED}),
    }
)

CLIENT = Keys({"client": ON})
TEAM = Keys({"supported_role_settings": Value(_one_of("user_role", "channel_role"))})
WORKSPACE = Keys({**TEAM.known, "supported_channel_types": Value(_one_of("public", "private"))})
SLACK = Keys({"client": ON, "workspaces": ANY, "default": WORKSPACE, "overrides": Keys(any=WORKSPACE)})
TEAMS = Keys({"client": ON, "tenants": Keys(any=ANY), "default": TEAM, "overrides": Keys(any=Keys(any=TEAM))})
PLATFORMS = Keys({"slack": SLACK, "microsoft_teams": TEAMS, "chime": CLIENT, "default": CLIENT})

CRITERIA = Keys(
    {
        "allowed_image_providers": Value(
            Shape(
                r"[0-9]{12}|none|amazon|aws[_-]marketplace|aws[_-]backup[_-]vault",
                "account ids, amazon, aws_marketplace and aws_backup_vault",
            )
        ),
        "image_names": ANY,
        "marketplace_product_codes": Value(Shape(r"[A-Za-z0-9]{1,25}", "codes of letters and digits")),
        "creation_date_condition": Keys({"maximum_days_since_created": COUNT}),
        "deprecation_time_condition": Keys({"maximum_days_since_deprecated": COUNT}),
    }
)
EC2 = Keys(
    {
        "exception_message": Value(one=True),
        "vpc_block_public_access": Keys(
            {
                "internet_gateway_block": Keys(
                    {"mode": _choice("off", "block_ingress", "block_bidirectional"), "exclusions_allowed": ON}
                )
            }
        ),
        "serial_console_access": Keys({"status": ON}),
        "image_block_public_access": Keys({"state": _choice("unblocked", "block_new_sharing")}),
        "allowed_images_settings": Keys(
            {
                "state": _choice("enabled", "disabled", "audit_mode"),
                "image_criteria": Keys({f"criteria_{number}": CRITERIA for number in range(1, 11)}),
            }
        ),
        "instance_metadata_defaults": Keys(
            {
                "http_tokens": _choice("no_preference", "required", "optional"),
                "http_put_response_hop_limit": Value(
                    Shape(r"-1|[0-9]|[1-5][0-9]|6[0-4]", "a whole number from -1 to 64"), one=True
                ),
                "http_endpoint": _choice("no_preference", "enabled", "disabled"),
                "instance_metadata_tags": _choice("no_preference", "enabled", "disabled"),
            }
        ),
        "snapshot_block_public_access": Keys({"state": _choice("block_all_sharing", "block_new_sharing", "unblocked")}),
    }
)

PATCH_ORDER = Keys({"patch_order": _choice("first", "second", "last")})
SCANS = dict.fromkeys(("ec2_scanning", "ecr_scanning", "code_repository_scanning"), IN_REGIONS)
LAMBDA = Keys({**LISTS, "lambda_code_scanning": IN_REGIONS}, wanted=tuple(LISTS))
GUARDED = _choice("comprehensive", "selective")
MODELS = {"included_models": ANY, "excluded_models": ANY}
GUARDRAIL = Keys(
    {
        "identifier": Value(
            Shape(
                r"arn:[^:]+:bedrock:[^:]*:[^:]*:guardrail/[^:]+:[1-9][0-9]*",
                "a guardrail's ARN with its version, which isn't DRAFT",
            ),
            one=True,
        ),
        "input_tags": ANY,
        "selective_content_guarding": Keys({"system": GUARDED, "messages": GUARDED}),
        "model_enforcement": Keys(MODELS, wanted=tuple(MODELS)),
    },
    wanted=("identifier",),
)
STATUS = Keys({"status": ON})
AGENTS = ("eks_addon_management", "ec2_agent_management", "ecs_fargate_agent_management")
FEATURES = (
    *("foundational", "s3_data_events", "eks_audit_logs", "ebs_malware_protection", "rds_login_events"),
    *("lambda_network_logs", "ai_protection"),
)
RUNTIME = Keys({"status": ON, "additional_configuration": Keys(dict.fromkeys(AGENTS, STATUS))})
PROTECTED = Keys({**dict.fromkeys(FEATURES, STATUS), "runtime_monitoring": RUNTIME})

# What stands in the document of each type. None: the bot's authors know of no published syntax; operators alone are looked at.
SYNTAX: dict[str, Keys | None] = {
    "TAG_POLICY": _below("tags", Keys(any=TAG, same="tag_key")),
    "BACKUP_POLICY": _below("plans", Keys(any=PLAN)),
    "AISERVICES_OPT_OUT_POLICY": _below("services", Keys(any=Keys({"opt_out_policy": _choice("optIn", "optOut")}))),
    "CHATBOT_POLICY": _below("chatbot", Keys({"platforms": PLATFORMS, "default": CLIENT})),
    "DECLARATIVE_POLICY_EC2": _below("ec2_attributes", EC2),
    "SECURITYHUB_POLICY": _below(
        "securityhub", Keys({**LISTS, "features": Keys({"network_scanning": IN_REGIONS})}, wanted=tuple(LISTS))
    ),
    "INSPECTOR_POLICY": _below("inspector", Keys({"enablement": Keys({**SCANS, "lambda_standard_scanning": LAMBDA})})),
    "UPGRADE_ROLLOUT_POLICY": _below(
        "upgrade_rollout",
        Keys({"default": PATCH_ORDER, "tags": Keys(any=Keys({"tag_values": Keys(any=PATCH_ORDER)}))}),
    ),
    "BEDROCK_POLICY": _below("bedrock", Keys({"guardrail_inference": Keys(any=Keys(any=GUARDRAIL), names=REGION)})),
    "S3_POLICY": _below("s3_attributes", Keys({"public_access_block_configuration": _choice("all", "none")})),
    "NETWORK_SECURITY_DIRECTOR_POLICY": _below(
        "network_security_director", Keys({"enablement": Keys({"network_security_scan": IN_REGIONS})})
    ),
    "GUARDDUTY_POLICY": _below(
        "guardduty", Keys({"enablement": Keys({"default": PROTECTED}, any=PROTECTED, names=REGION)})
    ),
    "SECURITYHUB_CSPM_POLICY": None,
}
