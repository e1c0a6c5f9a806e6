import json
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from sandbox.aws import AwsSandbox

SESSION = json.dumps({"sessionId": "ASIA", "sessionKey": "k", "sessionToken": "t"})


def get(aws: AwsSandbox, **query: str) -> str:
    with urlopen(f"{aws.federation_url}?{urlencode(query)}") as answer:  # noqa: S310 - the sandbox's own address.
        return str(answer.read().decode())


def test_credentials_become_a_token_and_a_page(aws: AwsSandbox) -> None:
    token = json.loads(get(aws, Action="getSigninToken", Session=SESSION))["SigninToken"]
    page = get(aws, Action="login", Issuer="i", Destination="d", SigninToken=token)
    assert "console" in page
    assert [(call.service, call.operation, call.params) for call in aws.calls] == [
        ("signin", "getSigninToken", {}),
        ("signin", "login", {}),
    ]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"Action": "login"},
        {"Action": "getSigninToken", "Session": "x"},
        {"Action": "getSigninToken", "Session": "{}"},
    ],
)
def test_what_is_no_request_for_a_token(aws: AwsSandbox, query: dict[str, str]) -> None:
    with pytest.raises(HTTPError) as caught:
        get(aws, **query)
    with caught.value as error:
        assert error.code == 400
