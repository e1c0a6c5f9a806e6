"""The life of a request: models, service, rules, runner, cards, outbox, audit."""
