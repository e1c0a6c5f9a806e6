"""AWS's refusals in plain words: what they mean, and what to do. Whatever is not sorted is shown as AWS says it.

Source: AWS Organizations API Reference, "CreateAccountStatus" (FailureReason) and "Common Errors"; User Guide,
"Troubleshooting AWS Organizations".
"""

from __future__ import annotations

from operations.aws.codes import is_denied
from operations.aws.errors import AwsError, CredentialsError, RefusedError
from operations.aws.own_credentials import CREDENTIALS, MISSING
from operations.aws.reasons import REASONS, SUPPORT, meaning_of
from operations.aws.sorting import Next
from operations.core.observations import Failed


def creation_failure(reason: str) -> Failed:
    """CreateAccount's FailureReason in plain words; an unknown one is shown raw."""
    found = REASONS.get(reason)
    if found is None:
        return Failed(f"AWS could not create the account: {reason or 'no reason given'}.", SUPPORT, code=reason)
    return Failed(found.say, found.advice, code=reason, opens=found.opens, again=found.again)


def refusal(code: str, reason: str, message: str) -> Failed:
    """A refused call in plain words: by its reason, then by its code, then as AWS says it."""
    found = meaning_of(code, reason)
    if not found.say and found.next is Next.LOOK:
        said = f"AWS answers {code}, and what was asked for does not show: {message}"
        return Failed(said, "Look in the AWS console, then ask again.", code=code)
    if not found.say:
        named = f"{code} ({reason})" if reason else code
        return Failed(f"AWS refused: {named}: {message}", "Correct what AWS names, then ask again.", code=code)
    say = found.say.replace("{message}", message)
    return Failed(say, found.advice, code=reason or code, opens=found.opens, again=found.again)


def hindrance(error: AwsError) -> Failed:
    """What keeps the bot from asking AWS, for a request that waits meanwhile, and what whoever runs the bot has to mend."""
    if isinstance(error, CredentialsError):
        say, advice = CREDENTIALS.get(error.code, MISSING)
        said = "" if error.code in CREDENTIALS else f" {error.operation} answers {error.code}: {error.message}"
        return Failed(say + said, advice, error.code, again=True)
    if not isinstance(error, RefusedError):
        say = f"AWS does not answer the bot ({error.operation}): {error.code or error.message}."
        return Failed(say, "Nothing while AWS is busy or unavailable; the AWS Health Dashboard shows it.", error.code)
    if is_denied(error.code):
        say = f"The bot's own AWS permissions do not allow this call ({error.operation})."
        return Failed(
            say, "Whoever runs the bot has to give its role the policy that `orgbot iam-policy` prints.", error.code
        )
    say = f"AWS refuses the bot's call ({error.operation}): {error.code}: {error.message}"
    return Failed(say, "Whoever runs the bot has to fix what AWS names; `orgbot check` may tell more.", error.code)
