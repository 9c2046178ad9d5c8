"""A receiver in Python 3.10 or later, with SQLite:

pip install standardwebhooks && CRM_SIGNING_SECRETS=whsec_... python3 receiver.py
"""

import os
import sqlite3
import traceback
from contextlib import closing
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

# One secret, or two separated by a space while they are being changed: any of them may have signed.
WEBHOOKS = [Webhook(secret) for secret in os.environ["CRM_SIGNING_SECRETS"].split()]
DATABASE = os.environ.get("DATABASE", "events.sqlite")
MAX_BODY_BYTES = 1_000_000
# A database that is locked for longer is answered 500: the relay comes again, and does not wait 15 seconds.
LOCK_SECONDS = 2

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, payment_id TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS payments (id TEXT PRIMARY KEY, sequence INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS credits
  (event_id TEXT PRIMARY KEY, type TEXT NOT NULL, reference TEXT, amount TEXT, currency TEXT, decision TEXT NOT NULL);
"""
ADD_EVENT = "INSERT INTO events VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING"
ADVANCE = """INSERT INTO payments VALUES (?, ?)
ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence WHERE excluded.sequence > payments.sequence"""
ADD_CREDIT = "INSERT INTO credits VALUES (?, ?, ?, ?, ?, ?)"
# What moves money. All but a proven confirmation is for a person: money taken back, or a confirmation that was missed.
STATES = ("confirmed", "partially_refunded", "refunded", "reversed", "disputed")
MONEY = {f"payment.{state}" for state in STATES}


def verified_event(raw_body: bytes, headers: dict[str, str]) -> dict | None:
    """The event if these very bytes are signed by one of our secrets within the last five minutes."""
    for webhook in WEBHOOKS:
        try:
            return webhook.verify(raw_body, headers)
        except (WebhookVerificationError, ValueError):
            pass  # not this one
    return None


def book(database: sqlite3.Connection, event: dict, raw_body: str) -> None:
    """One transaction: that we have the event, where its payment stands, and what is credited."""
    data = event["data"]
    with database:  # commits, or rolls back and raises
        row = (event["id"], data["payment_id"], raw_body)
        if database.execute(ADD_EVENT, row).rowcount == 0:
            return  # we have it already
        if database.execute(ADVANCE, (data["payment_id"], data["sequence"])).rowcount == 0:
            return  # an older state, replayed
        if event["type"] not in MONEY:
            return
        amount = data["amount"]
        proven = data["verification"]["assurance"] in ("signed", "confirmed")
        is_confirmed = event["type"] == "payment.confirmed"
        automatic = is_confirmed and proven and amount is not None and not data["warnings"]
        # Decimal, never float; in your tables it is a NUMERIC.
        value = None if amount is None else str(Decimal(amount["value"]))
        currency = None if amount is None else amount["currency"]
        decision = "automatic" if automatic else "review"
        row = (event["id"], event["type"], data["merchant_reference"], value, currency, decision)
        database.execute(ADD_CREDIT, row)


def connect() -> sqlite3.Connection:
    return sqlite3.connect(DATABASE, timeout=LOCK_SECONDS)


class Receiver(BaseHTTPRequestHandler):
    timeout = 10  # seconds for a sender that stops in the middle

    def do_POST(self) -> None:
        try:
            status = self.receive()
        except Exception:
            traceback.print_exc()
            status = 500  # nothing was committed: the relay comes again
        self.send_response(status)
        self.end_headers()

    def receive(self) -> int:
        length = int(self.headers.get("content-length", 0))
        if length > MAX_BODY_BYTES:
            return 413
        raw_body = self.rfile.read(length)
        event = verified_event(raw_body, dict(self.headers.items()))
        if event is None:
            return 400
        with closing(connect()) as database:
            book(database, event, raw_body.decode())
        return 204

    def log_message(self, *_) -> None:
        pass


if __name__ == "__main__":
    with closing(connect()) as database:
        database.executescript(SCHEMA)
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Receiver).serve_forever()
