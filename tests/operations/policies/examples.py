"""A document of each policy type, put together after the examples of AWS's own pages: every key of the published syntax is in one."""

from __future__ import annotations

from typing import Any

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
LISTS = {"enable_in_regions": {"@@assign": ["us-east-1"]}, "disable_in_regions": {"@@assign": []}}
DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
ROLE = {"@@assign": "arn:aws:iam::$account:role/keeper"}
VAULT = "arn:aws:backup:eu-central-1:$account:backup-vault:far"
LIFE = {
    "move_to_cold_storage_after_days": {"@@assign": "30"},
    "delete_after_days": {"@@assign": 365},
    "opt_in_to_archive_for_supported_resources": {"@@assign": False},
}
WHOSE = {"one": {"condition_key": {"@@assign": "aws:ResourceTag/kept"}, "condition_value": {"@@assign": "true"}}}
RULE = {
    "schedule_expression": {"@@assign": "cron(0 5 ? * * *)"},
    "target_backup_vault_name": {"@@assign": "vault", "@@operators_allowed_for_child_policies": ["@@none"]},
    "target_logically_air_gapped_backup_vault_arn": {"@@assign": "arn:aws:backup:$region:$account:backup-vault:gap"},
    "start_backup_window_minutes": {"@@assign": "60"},
    "complete_backup_window_minutes": {"@@assign": "600"},
    "enable_continuous_backup": {"@@assign": "True"},
    "lifecycle": LIFE,
    "copy_actions": {VAULT: {"target_backup_vault_arn": {"@@assign": VAULT}, "lifecycle": LIFE}},
    "recovery_point_tags": {"Owner": {"tag_key": {"@@assign": "Owner"}, "tag_value": {"@@assign": "us"}}},
    "index_actions": {
        "@@operators_allowed_for_child_policies": ["@@none"],
        "resource_types": {"@@assign": ["EBS", "S3"]},
    },
    "scan_actions": {"GUARDDUTY": {"scan_mode": {"@@assign": "FULL_SCAN"}}},
}
PLAN = {
    "@@operators_allowed_for_child_policies": ["@@append"],
    "regions": {"@@append": ["us-east-1", "us-gov-west-1"]},
    "rules": {"Nightly": RULE},
    "selections": {
        "tags": {
            "marked": {
                "iam_role_arn": ROLE,
                "tag_key": {"@@assign": "stage"},
                "tag_value": {"@@assign": ["prod", "beta"]},
                "conditions": {"string_not_equals": WHOSE, "string_like": WHOSE},
            }
        },
        "resources": {
            "all": {
                "iam_role_arn": ROLE,
                "resource_types": {"@@assign": ["*"]},
                "not_resource_types": {"@@assign": ["arn:aws:ec2:*:*:volume/*"]},
                "conditions": {"string_equals": WHOSE, "string_not_like": WHOSE},
            }
        },
    },
    "advanced_backup_settings": {
        "ec2": {"windows_vss": {"@@assign": "enabled"}},
        "s3": {"backup_acls": {"@@assign": "disabled"}, "backup_object_tags": {"@@assign": "disabled"}},
    },
    "backup_plan_tags": {"stage": {"tag_key": {"@@assign": "Stage"}, "tag_value": {"@@assign": "Beta"}}},
    "scan_settings": {"GUARDDUTY": {"resource_types": {"@@assign": ["EBS"]}, "scanner_role_arn": ROLE}},
}
ROLES = {"supported_role_settings": {"@@assign": ["user_role", "channel_role"]}}
CHANNELS = {**ROLES, "supported_channel_types": {"@@assign": ["private"]}}
OFF = {"client": {"@@assign": "disabled"}}
ON = {"status": {"@@assign": "enabled"}}
# A document of each type, put together after the examples of AWS's own pages.
EXAMPLES: dict[str, dict[str, Any]] = {
    SCP: {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "A", **DENY, "Condition": {"ForAnyValue:StringLikeIfExists": {"aws:PrincipalOrgPaths": "o-*"}}},
            {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        ],
    },
    RCP: {"Version": "2012-10-17", "Statement": {**DENY, "Principal": "*"}},
    "TAG_POLICY": {
        "tags": {
            "costcenter": {
                "tag_key": {"@@assign": "CostCenter", "@@operators_allowed_for_child_policies": ["@@none"]},
                "tag_value": {"@@append": ["100", "200*", ""]},
                "enforced_for": {"@@assign": ["ec2:instance", "secretsmanager:ALL_SUPPORTED", "redshift:*"]},
                "report_required_tag_for": {"@@remove": ["ec2:instance"]},
            }
        }
    },
    "BACKUP_POLICY": {"plans": {"@@operators_allowed_for_child_policies": ["@@all"], "ours": PLAN}},
    "AISERVICES_OPT_OUT_POLICY": {
        "services": {
            "@@operators_allowed_for_child_policies": ["@@none"],
            "default": {"opt_out_policy": {"@@assign": "optOut"}},
            "lex": {"opt_out_policy": {"@@assign": "optIn"}},
        }
    },
    "CHATBOT_POLICY": {
        "chatbot": {
            "platforms": {
                "slack": {
                    "client": {"@@assign": "enabled"},
                    "workspaces": {"@@assign": ["T0", "*"]},
                    "default": CHANNELS,
                    "overrides": {"T0": CHANNELS},
                },
                "microsoft_teams": {
                    "client": {"@@assign": "enabled"},
                    "tenants": {"tenant": {"@@assign": ["team"]}},
                    "default": ROLES,
                    "overrides": {"tenant": {"team": ROLES}},
                },
                "chime": OFF,
                "default": OFF,
            },
            "default": OFF,
        }
    },
    "DECLARATIVE_POLICY_EC2": {
        "ec2_attributes": {
            "exception_message": {"@@assign": "Ask the platform team"},
            "vpc_block_public_access": {
                "internet_gateway_block": {
                    "mode": {"@@assign": "block_bidirectional", "@@operators_allowed_for_child_policies": ["@@all"]},
                    "exclusions_allowed": {"@@assign": "disabled"},
                }
            },
            "serial_console_access": {"status": {"@@assign": "disabled"}},
            "image_block_public_access": {"state": {"@@assign": "block_new_sharing"}},
            "allowed_images_settings": {
                "state": {"@@assign": "audit_mode"},
                "image_criteria": {
                    "criteria_1": {
                        "allowed_image_providers": {"@@append": ["amazon", "aws_marketplace", "123456789012"]},
                        "image_names": {"@@assign": ["golden-*"]},
                        "marketplace_product_codes": {"@@assign": ["abc123"]},
                        "creation_date_condition": {"maximum_days_since_created": {"@@assign": 300}},
                        "deprecation_time_condition": {"maximum_days_since_deprecated": {"@@assign": "0"}},
                    },
                    "criteria_10": {},
                },
            },
            "instance_metadata_defaults": {
                "http_tokens": {"@@assign": "required"},
                "http_put_response_hop_limit": {"@@assign": "4"},
                "http_endpoint": {"@@assign": "no_preference"},
                "instance_metadata_tags": {"@@assign": "enabled"},
            },
            "snapshot_block_public_access": {"state": {"@@assign": "block_all_sharing"}},
        }
    },
    "SECURITYHUB_POLICY": {"securityhub": {**LISTS, "features": {"network_scanning": LISTS}}},
    "SECURITYHUB_CSPM_POLICY": {"whatever": {"AWS": {"@@assign": "publishes"}}},
    "INSPECTOR_POLICY": {
        "inspector": {
            "enablement": {
                "ec2_scanning": LISTS,
                "ecr_scanning": LISTS,
                "code_repository_scanning": LISTS,
                "lambda_standard_scanning": {**LISTS, "lambda_code_scanning": LISTS},
            }
        }
    },
    "UPGRADE_ROLLOUT_POLICY": {
        "upgrade_rollout": {
            "default": {"patch_order": {"@@assign": "last"}},
            "tags": {"stage": {"tag_values": {"dev": {"patch_order": {"@@assign": "first"}}}}},
        }
    },
    "BEDROCK_POLICY": {
        "bedrock": {
            "guardrail_inference": {
                "us-east-1": {
                    "config_1": {
                        "identifier": {"@@assign": "arn:aws:bedrock:us-east-1:123456789012:guardrail/abc:2"},
                        "input_tags": {"@@assign": "honor"},
                        "selective_content_guarding": {
                            "system": {"@@assign": "selective"},
                            "messages": {"@@assign": "comprehensive"},
                        },
                        "model_enforcement": {
                            "included_models": {"@@assign": ["ALL"]},
                            "excluded_models": {"@@assign": ["some.model-v1"]},
                        },
                    }
                }
            }
        }
    },
    "S3_POLICY": {"s3_attributes": {"public_access_block_configuration": {"@@assign": "all"}}},
    "NETWORK_SECURITY_DIRECTOR_POLICY": {"network_security_director": {"enablement": {"network_security_scan": LISTS}}},
    "GUARDDUTY_POLICY": {
        "guardduty": {
            "enablement": {
                "default": {"foundational": ON, "s3_data_events": ON, "ai_protection": ON},
                "eu-central-1": {
                    **dict.fromkeys(("foundational", "eks_audit_logs", "ebs_malware_protection"), ON),
                    **dict.fromkeys(("rds_login_events", "lambda_network_logs"), ON),
                    "runtime_monitoring": {
                        **ON,
                        "additional_configuration": {
                            "eks_addon_management": ON,
                            "ec2_agent_management": ON,
                            "ecs_fargate_agent_management": ON,
                        },
                    },
                },
            }
        }
    },
}
