from typing import Any

from .helpers import WEB, refused, unit


def tags_of(client: Any, resource: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in client.list_tags_for_resource(ResourceId=resource)["Tags"]}


def test_tags_come_change_and_go(organizations: Any, root: str) -> None:
    for resource in (WEB, root, unit(organizations, "/Security"), "p-FullAWSAccess"):
        organizations.tag_resource(
            ResourceId=resource, Tags=[{"Key": "owner", "Value": "me"}, {"Key": "b", "Value": ""}]
        )
        organizations.tag_resource(ResourceId=resource, Tags=[{"Key": "owner", "Value": "you"}])
        assert tags_of(organizations, resource) == {"owner": "you", "b": ""}
        organizations.untag_resource(ResourceId=resource, TagKeys=["b", "never there"])
        assert tags_of(organizations, resource) == {"owner": "you"}


def test_there_are_fifty_tags_at_most(organizations: Any) -> None:
    organizations.tag_resource(ResourceId=WEB, Tags=[{"Key": f"k{n}", "Value": ""} for n in range(49)])
    with refused("ConstraintViolationException", "MAX_TAG_LIMIT_EXCEEDED"):
        organizations.tag_resource(ResourceId=WEB, Tags=[{"Key": "one more", "Value": ""}])
    organizations.tag_resource(ResourceId=WEB, Tags=[{"Key": "k1", "Value": "changed"}])
    assert tags_of(organizations, WEB)["k1"] == "changed"


def test_many_tags_come_in_pages(organizations: Any) -> None:
    organizations.tag_resource(ResourceId=WEB, Tags=[{"Key": f"k{n}", "Value": ""} for n in range(30)])
    first = organizations.list_tags_for_resource(ResourceId=WEB)
    second = organizations.list_tags_for_resource(ResourceId=WEB, NextToken=first["NextToken"])
    assert len(first["Tags"]) + len(second["Tags"]) == 31


def test_tags_that_are_refused(organizations: Any) -> None:
    with refused("InvalidInputException", "INVALID_SYSTEM_TAGS_PARAMETER"):
        organizations.tag_resource(ResourceId=WEB, Tags=[{"Key": "AWS:x", "Value": ""}])
    with refused("InvalidInputException", "INVALID_SYSTEM_TAGS_PARAMETER"):
        organizations.untag_resource(ResourceId=WEB, TagKeys=["aws:x"])
    with refused("InvalidInputException", "DUPLICATE_TAG_KEY"):
        organizations.tag_resource(ResourceId=WEB, Tags=[{"Key": "a", "Value": ""}, {"Key": "a", "Value": ""}])
    with refused("InvalidInputException", "INVALID_PATTERN"):
        organizations.tag_resource(ResourceId=WEB, Tags=[{"Key": "a;b", "Value": ""}])
    with refused("TargetNotFoundException"):
        organizations.tag_resource(ResourceId="999999999999", Tags=[{"Key": "a", "Value": ""}])
