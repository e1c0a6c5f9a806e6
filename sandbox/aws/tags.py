"""Tags on accounts, OUs, the root and policies.

Source: AWS Organizations User Guide, "Tagging AWS Organizations resources" (50 tags, `aws:` is reserved).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.aws.backend import Backend
from sandbox.aws.models import tag_list, tag_map
from sandbox.aws.refusals import constraint, invalid
from sandbox.aws.registry import Answer, Listing, Params, listing, operation

MOST_TAGS = 50


@operation("TagResource")
def tag_resource(org: Backend, params: Params) -> Answer:
    resource = _resource(org, params["ResourceId"])
    check_tags(resource.tags, params["Tags"])
    resource.tags.update(tag_map(params["Tags"]))
    return {}


@operation("UntagResource")
def untag_resource(org: Backend, params: Params) -> Answer:
    resource = _resource(org, params["ResourceId"])
    _check_reserved(params["TagKeys"])
    for key in params["TagKeys"]:
        resource.tags.pop(key, None)
    return {}


@listing("ListTagsForResource", "Tags")
def list_tags_for_resource(org: Backend, params: Params) -> Listing:
    return Listing(tag_list(_resource(org, params["ResourceId"]).tags))


def check_tags(present: Mapping[str, str], tags: Sequence[Mapping[str, str]]) -> None:
    """Raises for a reserved or doubled key, or when there would be more than 50 tags."""
    keys = [tag["Key"] for tag in tags]
    _check_reserved(keys)
    if len({key.casefold() for key in keys}) < len(keys):
        raise invalid("DUPLICATE_TAG_KEY", "Tag keys must be unique among the tags attached to the same entity.")
    if len({*present, *keys}) > MOST_TAGS:
        raise constraint("MAX_TAG_LIMIT_EXCEEDED", "You have exceeded the number of tags allowed on this resource.")


def _check_reserved(keys: Sequence[str]) -> None:
    if any(key.casefold().startswith("aws:") for key in keys):
        raise invalid(
            "INVALID_SYSTEM_TAGS_PARAMETER",
            "You specified a tag key that is a system tag. You can't add, edit, or delete system tag keys.",
        )


def _resource(org: Backend, resource_id: str) -> Any:
    return org.policy(resource_id) if resource_id.startswith("p-") else org.target(resource_id)
