"""What answers each look."""

from __future__ import annotations

from handlers.queries.account import account
from handlers.queries.accounts import accounts
from handlers.queries.policies import policies
from handlers.queries.policy import policy
from handlers.queries.question import Query
from handlers.queries.services import services
from handlers.queries.tree import tree

QUERIES = {
    "tree": Query(tree),
    "accounts": Query(accounts),
    "account": Query(account, live=True),
    "policies": Query(policies),
    "policy": Query(policy, live=True),
    "services": Query(services, live=True),
}
