"""What answers each look."""

from __future__ import annotations

from handlers.looks.account import account
from handlers.looks.accounts import accounts
from handlers.looks.policies import policies
from handlers.looks.policy import policy
from handlers.looks.question import Look
from handlers.looks.services import services
from handlers.looks.tree import tree

LOOKS = {
    "tree": Look(tree),
    "accounts": Look(accounts),
    "account": Look(account, live=True),
    "policies": Look(policies),
    "policy": Look(policy, live=True),
    "services": Look(services, live=True),
}
