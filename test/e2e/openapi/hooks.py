"""What a schema cannot say: names that are configured, a cursor that was handed out, which filters go together."""

import schemathesis

MEANINGS = (
    "is not configured",
    "is not one of ours",
    "must be after from",
    "a payment's events are few: all are listed",
)
# Of a captured request: a header or an address that no client could send.
NO_REQUEST = "is no request: "


@schemathesis.check
def valid_data_is_accepted(ctx, response, case):
    """A request that the description allows is refused for its meaning only, and never for its form."""
    if case.meta is None or case.meta.generation.mode.is_negative or response.status_code != 400:
        return
    wrong = [
        error
        for error in response.json()["errors"]
        if not error["message"].endswith(MEANINGS) and not error["message"].startswith(NO_REQUEST)
    ]
    assert not wrong, f"the description allows what is refused: {wrong}"
