"""Values that several operations take, with the sentence that a person reads when one is wrong.

Source: AWS Organizations API Reference, "CreateAccount" (the rules for a valid e-mail address), "CreateOrganizationalUnit" and
"Tag"; AWS Account Management API Reference, "PutAccountName", "PutAlternateContact". The patterns are those of botocore's models.
"""

from __future__ import annotations

import re
import unicodedata
from string import ascii_letters, digits
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from operations.aws.model import Text, text_of
from operations.snapshot.names import listed

OF_SERVICES = "AWSServiceRoleFor"
ROLE_NAME = re.compile(r"[\w+=,.@-]", re.ASCII)
ROLE_PATH = re.compile(r"[!-~]")
EMAIL = "Email"  # The shape of an account's e-mail address.
NOT_BEFORE = frozenset(" \t\r\n\f\v\"'()<>[]:;,\\|%&")
BEHIND = frozenset(f"{ascii_letters}{digits}.-")
TAG_CHARACTERS = "letters, digits, blanks and _ . : / = + - @"
MAX_TAGS = 49  # AWS takes 50, and the bot adds one of its own.
KEPT_PREFIXES = ("aws:", "orgbot:")
CLI_TAG = re.compile(r"Key=(?P<key>[^,]*),\s*Value=(?P<value>.*)", re.DOTALL)


def _email(value: str) -> str:
    rule = text_of("organizations", EMAIL)
    broken = _broken(value)
    if broken or not _has_form(value, rule):
        raise ValueError(
            f"“{value[:70]}” is not an e-mail address that AWS accepts, such as aws+staging@example.com: {broken or 'a part is missing'}"
        )
    _check_length(value, rule, "an e-mail address for AWS")
    return value


def _has_form(value: str, rule: Text) -> bool:
    """Whether it has the form that the model asks for. Of one that is too long the length is told: the model's patterns take
    longer than linear time.
    """
    return len(value) > (rule.most or 0) or rule.pattern.fullmatch(value) is not None


def _broken(value: str) -> str:
    """Which of AWS's written rules for the address of a new account is broken; empty when none is."""
    name, _, host = value.partition("@")
    rules = (
        (value.isascii(), "it takes ASCII characters only"),
        (value.count("@") == 1, "it has to have one @"),
        (not NOT_BEFORE & set(name), "blanks and \" ' ( ) < > [ ] : ; , \\ | % & cannot stand before the @"),
        (not name.startswith("."), "it cannot begin with a dot"),
        (set(host) <= BEHIND, "only letters, digits, hyphens and dots can stand behind the @"),
        (host == host.strip("-."), "what stands behind the @ cannot begin or end with a hyphen or a dot"),
        ("." in host, "what stands behind the @ needs a dot"),
        (".." not in host, "no two dots stand together behind the @"),
    )
    return next((told for kept, told in rules if not kept), "")


def any_email(value: str) -> str:
    """An address that an account has had for long, perhaps by other rules: as far as the model goes. Raises ValueError."""
    rule = text_of("organizations", EMAIL)
    if not _has_form(value, rule):
        raise ValueError(f"“{value[:70]}” is not an e-mail address, such as aws+staging@example.com")
    _check_length(value, rule, "an e-mail address for AWS")
    return value


def _contact_email(value: str) -> str:
    rule = text_of("account", "EmailAddress")
    if not _has_form(value, rule):
        raise ValueError(
            f"“{value[:70]}” is not an e-mail address that AWS takes for a contact, such as csirt@example.com"
        )
    _check_length(value, rule, "the e-mail address of a contact")
    return value


def _account_name(value: str) -> str:
    rule = text_of("organizations", "CreateAccountName")
    _check_characters(value, rule.pattern, "an account name takes the characters from space to ~ (ASCII)")
    _check_length(value, rule, "an account name")
    return value


def _new_account_name(value: str) -> str:
    told = "the name of an account that is renamed takes the characters from space to ~ (ASCII), without < and >"
    _check_characters(_account_name(value), text_of("account", "AccountName").pattern, told)
    return value


def _check_length(value: str, rule: Text, what: str) -> None:
    if not rule.least <= len(value) <= (rule.most or len(value)):
        raise ValueError(f"{what} has {rule.least} to {rule.most} characters; this one has {len(value)}")


def _role_name(value: str) -> str:
    _check_characters(value, ROLE_NAME, "a role name takes letters, digits and +=,.@-_")
    if not 1 <= len(value) <= 64:
        raise ValueError(f"a role name has 1 to 64 characters; this one has {len(value)}")
    return value


def _new_role_name(value: str) -> str:
    if value.startswith(OF_SERVICES):
        raise ValueError(f"a role name that begins with {OF_SERVICES} is kept for AWS's services; choose another one")
    return _role_name(value)


def _role(value: str) -> str:
    """A role's name with its path, as they stand in its ARN behind `role/`."""
    bare = value.strip("/")
    if bare.startswith("arn:"):
        raise ValueError("write what stands behind `role/` in the role's ARN: its path, if it has one, and its name")
    path, _, name = bare.rpartition("/")
    _role_name(name)
    _check_characters(path, ROLE_PATH, "the path of a role takes visible ASCII characters")
    if len(path) > 510:
        raise ValueError(f"the path of a role has 512 characters at most; this one has {len(path) + 2}")
    return bare


def _check_characters(value: str, allowed: re.Pattern[str], rule: str) -> None:
    """Raises ValueError that names the characters that are not allowed, each once."""
    wrong = dict.fromkeys(character for character in value if not allowed.fullmatch(character))
    if wrong:
        named = listed([_seen(character) for character in wrong], 5)
        verb = "is" if len(wrong) == 1 else "are"
        raise ValueError(f"{named} {verb} not allowed in “{value[:70]}”; {rule}")


def _seen(character: str) -> str:
    """A character in quotes; a space, and what nobody sees, by its name in Unicode."""
    if character.isprintable() and not character.isspace():
        return f"“{character}”"
    return unicodedata.name(character, f"the character U+{ord(character):04X}").lower()


def _tags(value: Any) -> dict[str, str]:
    """A mapping from `{"k": "v"}`, `["k=v", …]`, `["Key=k,Value=v", …]` or lines of `k=v`."""
    if isinstance(value, str):
        value = [line for line in re.split(r"[\n]", value) if line.strip()]
    pairs = list(value.items()) if isinstance(value, dict) else [_tag(str(text)) for text in value or ()]
    tags: dict[str, str] = {}
    for key, text in pairs:
        if key in tags:
            raise ValueError(f"the tag {key} is given twice; give it once")
        tags[_tag_key(key)] = _tag_value(key, text)
    if len(tags) > MAX_TAGS:
        raise ValueError(
            f"{len(tags)} tags are given; {MAX_TAGS} is the most, because AWS takes 50 and the bot adds one"
        )
    return tags


def _tag(text: str) -> tuple[str, str]:
    cli = CLI_TAG.fullmatch(text.strip())
    if cli:
        return cli["key"].strip(), cli["value"].strip()
    key, sign, value = text.partition("=")
    if not sign:
        raise ValueError(f"“{text}” is not a tag; write key=value, such as owner=web")
    return key.strip(), value.strip()


def _some_tags(tags: dict[str, str]) -> dict[str, str]:
    if not tags:
        raise ValueError("no tag is given; write key=value, such as owner=web")
    return tags


def _tag_keys(value: Any) -> tuple[str, ...]:
    """Keys from `["a", "b"]`, `["a,b"]` or lines of keys; no key holds a comma, so commas part them too."""
    texts = [value] if isinstance(value, str) else value or ()
    keys = [key.strip() for text in texts for key in re.split(r"[\n,]", str(text)) if key.strip()]
    if not keys:
        raise ValueError("no key is given; write the tag's key, such as owner")
    return tuple(_tag_key(key) for key in dict.fromkeys(keys))


def _unit_name(value: str) -> str:
    if not 1 <= len(value) <= 128:
        raise ValueError(f"the name of an organizational unit has 1 to 128 characters; this one has {len(value)}")
    return printable(value)


def printable(value: str) -> str:
    """A name without line breaks and invisible characters; raises ValueError."""
    if not value.isprintable():
        raise ValueError("the name has a line break or an invisible character in it; write it without")
    return value


def _tag_key(key: str) -> str:
    if not 1 <= len(key) <= 128:
        raise ValueError(f"a tag's key has 1 to 128 characters; “{key[:40]}” has {len(key)}")
    _check_characters(key, text_of("organizations", "TagKey").pattern, f"a tag's key takes {TAG_CHARACTERS}")
    if key.lower().startswith(KEPT_PREFIXES):
        raise ValueError(f"the tag key “{key}” begins with aws: or orgbot:, which AWS and the bot keep for themselves")
    return key


def _tag_value(key: str, value: str) -> str:
    if len(value) > 256:
        raise ValueError(f"the value of the tag {key} has {len(value)} characters; AWS takes 256 at most")
    _check_characters(value, text_of("organizations", "TagValue").pattern, f"a tag's value takes {TAG_CHARACTERS}")
    return value


Email = Annotated[str, AfterValidator(_email)]
ContactEmail = Annotated[str, AfterValidator(_contact_email)]
AccountName = Annotated[str, AfterValidator(_account_name)]
NewAccountName = Annotated[str, AfterValidator(_new_account_name)]
NewRoleName = Annotated[str, AfterValidator(_new_role_name)]
RoleWithPath = Annotated[str, AfterValidator(_role)]
Tags = Annotated[dict[str, str], BeforeValidator(_tags)]
SomeTags = Annotated[Tags, AfterValidator(_some_tags)]
TagKeys = Annotated[tuple[str, ...], BeforeValidator(_tag_keys)]
UnitName = Annotated[str, AfterValidator(_unit_name)]
