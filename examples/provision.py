#!/usr/bin/env python3
"""Provision a product from resold's public events: who has access, and who no longer has.

    python3 examples/provision.py access.db < events.jsonl     # events as EventBridge delivers them, a line each
    python3 examples/provision.py access.db --list             # who has access now

Events may come twice and in any order. One statement decides: it changes the row of an agreement only for a version that
is newer than the one acted on, so that a repeat or an older event changes nothing. `grant` and `revoke` are where your
product is called. They run before that statement commits: whoever is killed between them comes here again with the same
event, so both have to take being called twice (create if it is not there, remove if it is).

As an AWS Lambda function behind an SQS queue that a rule for `{"source": ["resold"]}` fills, `take` each record's body, and
keep the table in a database that your function reaches.
"""

import json
import sqlite3
import sys

TABLE = """create table if not exists access (
    agreement text primary key, version integer not null, buyer text, live integer not null)"""

# Changes no row where this version, or a newer one, was acted on.
ACT = """insert into access (agreement, version, buyer, live) values (?, ?, ?, ?)
    on conflict (agreement) do update
    set version = excluded.version, buyer = excluded.buyer, live = excluded.live
    where excluded.version > access.version"""


def grant(agreement, entitlement):
    """Your product: the buyer may use it because of this agreement."""
    print(f"grant {agreement} to {entitlement['buyer']}", file=sys.stderr)


def revoke(agreement, entitlement):
    """Your product: not any more because of this agreement. With a successor the customer stays one."""
    successor = entitlement.get("successor")
    print(f"revoke {agreement}" + (f", {successor} goes on" if successor else ""), file=sys.stderr)


def take(database, event):
    """Acts on one event; says whether it changed anything."""
    if event["source"] != "resold" or not event["detail-type"].startswith("Entitlement "):
        return False
    detail, entitlement = event["detail"], event["detail"]["data"]
    agreement, buyer = entitlement["id"], entitlement.get("buyer")
    live = entitlement["status"] in ("scheduled", "active") and buyer is not None
    with database:  # one transaction: it commits at the end, or not at all
        row = (agreement, detail["version"], buyer, live)
        if database.execute(ACT, row).rowcount == 0:
            return False
        (grant if live else revoke)(agreement, entitlement)
    return True


def main():
    database = sqlite3.connect(sys.argv[1])
    database.execute(TABLE)
    if "--list" in sys.argv[2:]:
        rows = database.execute("select buyer, agreement from access where live order by 1, 2")
        sys.stdout.writelines(f"{buyer} {agreement}\n" for buyer, agreement in rows)
        return
    for line in sys.stdin:
        take(database, json.loads(line))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main()
