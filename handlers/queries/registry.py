"""What answers each look."""

from __future__ import annotations

from handlers.queries.account import account
from handlers.queries.accounts import accounts
from handlers.queries.policies import policies
from handlers.queries.policy import policy
from handlers.queries.question import Look
from handlers.queries.services import services
from handlers.queries.tree import tree

LOOKS = {
    "tree": Look(tree),
    "accounts": Look(accounts),
    "account": Look(account, live=True),
    "policies": Look(policies),
    "policy": Look(policy, live=True),
    "services": Look(services, live=True),
}
