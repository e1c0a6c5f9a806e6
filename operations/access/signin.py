"""The link that opens the AWS console in a role session.

SessionDuration is left out: then the console ends with the credentials, and AWS refuses it anyway where roles are chained.
Source: IAM User Guide, "Enable custom identity broker access to the AWS console".
"""

from __future__ import annotations

import json
import logging
import urllib.request
from urllib.parse import urlencode

from pydantic import SecretStr

from operations.access.role_sessions import Minted
from operations.aws.partitions import console_address

log = logging.getLogger(__name__)
PATIENCE = 5  # Seconds; the credentials are worth more than the link.
ISSUER = "orgbot"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The question holds the credentials; it goes to nobody else."""

    def redirect_request(self, *_: object) -> None:
        return None


def console_link(sign_in_url: str, minted: Minted) -> SecretStr | None:
    """A link for the next 15 minutes, as secret as the credentials; None when the sign-in page gives none."""
    session = {
        "sessionId": minted.access_key_id,
        "sessionKey": minted.secret_access_key.get_secret_value(),
        "sessionToken": minted.session_token.get_secret_value(),
    }
    query = urlencode({"Action": "getSigninToken", "Session": json.dumps(session)})
    try:
        token = _token(f"{sign_in_url}/federation?{query}")
    except Exception as error:  # noqa: BLE001  The text of an error may hold the address, and the address the credentials.
        log.warning("there is no link to the console: %s", type(error).__name__)
        return None
    destination = f"{console_address(sign_in_url)}/"
    login = {"Action": "login", "Issuer": ISSUER, "Destination": destination, "SigninToken": token}
    return SecretStr(f"{sign_in_url}/federation?{urlencode(login)}")


def _token(address: str) -> str:
    opener = urllib.request.build_opener(_NoRedirects())
    with opener.open(address, timeout=PATIENCE) as answer:
        return str(json.loads(answer.read())["SigninToken"])
