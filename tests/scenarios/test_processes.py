"""Several processes on one PostgreSQL: they start at once, share the work, and take over from each other."""

from __future__ import annotations

from tests.harness.fleet import fleet, names


def test_forty_requests_are_carried_out_once_though_a_process_is_killed_in_the_middle() -> None:
    with fleet(3) as three:
        load = three.load(names(40))
        three.slack.wait_for(lambda: len(three.aws.calls.of("CreateOrganizationalUnit")) > 10, 60, "the first calls")
        three.kill(1)
        load.join()
        three.finish()
        assert three.wrong() == []
        workers = {str(owner).partition("#")[0] for (owner,) in three.rows("SELECT DISTINCT owner FROM attempt")}
        assert len(workers) == 3, "they did not share the work"
