"""A receiver in Python, standard library only: CRM_SIGNING_SECRETS=whsec_... python3 receiver.py"""

import base64
import hashlib
import hmac
import json
import os
import sqlite3
import time
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer

TOLERANCE_SECONDS = 300
# One secret, or two separated by a space while they are being changed: any of them may have signed.
SECRETS = os.environ["CRM_SIGNING_SECRETS"].split()


def verified_event(raw_body: bytes, headers) -> dict | None:
    """The event if these very bytes are signed by one of our secrets within the last five minutes."""
    event_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit()):
        return None
    if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return None
    given = headers.get("webhook-signature", "").encode().split(b" ")
    signed = b".".join([event_id.encode(), timestamp.encode(), raw_body])
    for secret in SECRETS:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        expected = b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
        if any(hmac.compare_digest(expected, signature) for signature in given):
            return json.loads(raw_body)
    return None


database = sqlite3.connect(os.environ.get("DATABASE", ":memory:"))
database.execute("CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, payment_id TEXT, sequence INTEGER)")


def book(event: dict) -> None:
    """One transaction: the note that we have the event, and what it means for the account."""
    data = event["data"]
    with database:
        row = (event["id"], data["payment_id"], data["sequence"])
        if database.execute("INSERT INTO events VALUES (?, ?, ?) ON CONFLICT DO NOTHING", row).rowcount == 0:
            return  # we have it already
        newest = "SELECT MAX(sequence) FROM events WHERE payment_id = ? AND id <> ?"
        (last,) = database.execute(newest, (data["payment_id"], event["id"])).fetchone()
        if last is not None and data["sequence"] <= last:
            return  # an older state, replayed
        if event["type"] != "payment.confirmed":
            return
        amount = Decimal(data["amount"]["value"])  # never float
        proven = data["verification"]["assurance"] in ("signed", "confirmed")
        verb = "credit" if proven else "review"
        print(verb, data["merchant_reference"], amount, data["amount"]["currency"], flush=True)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        raw_body = self.rfile.read(int(self.headers.get("content-length", 0)))
        event = verified_event(raw_body, self.headers)
        if event is not None:
            book(event)  # committed before the answer leaves
        self.send_response(204 if event is not None else 400)
        self.end_headers()

    def log_message(self, *_) -> None:
        pass


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Receiver).serve_forever()
