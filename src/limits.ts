/**
 * Every number the relay lives by: its unit in its name, its reason beside it, and no other home.
 * What a merchant may choose is a configuration default (`config/schema.ts`), not a limit.
 */

/** Callbacks of all four providers are under 4 KiB; this leaves room and bounds memory (threat 8). */
export const DEFAULT_MAX_BODY_BYTES = 262_144;
/** A row of a SQLite Durable Object holds 2 MB; a stored callback must fit in one with its base64 form. */
export const MAX_MAX_BODY_BYTES = 1_048_576;

/** Deeper JSON than this is an attack, not a payment (threat 12). */
export const MAX_JSON_DEPTH = 32;
/** Members over the whole document (threat 12). */
export const MAX_JSON_KEYS = 1_000;
/** Fields of a form or query (threat 10). */
export const MAX_FORM_FIELDS = 64;
/** Bytes of one decoded field name (threat 10). */
export const MAX_FORM_NAME_BYTES = 64;

/** Significant digits of an amount as sent (threat 11). */
export const MAX_DECIMAL_DIGITS = 40;
/** Exponents an amount may carry, both ways (threat 11): 18 decimals are usual, 30 is generous. */
export const MAX_DECIMAL_EXPONENT = 30;
/** Of a detail behind a reason (a key's name, a pointer), in logs, the store and a reply's header. */
export const MAX_REASON_DETAIL_CHARS = 200;
/** Longest identifier (event id, transaction id, order number) taken from a callback. */
export const MAX_IDENTIFIER_CHARS = 256;

/** Signatures or timestamps beyond this many `k=v` parts are not from a payment provider. */
export const MAX_SIGNATURE_PARTS = 16;
/** Clock difference allowed by default between a provider and us, and the most one can configure (threat 38). */
export const DEFAULT_TOLERANCE_SECONDS = 300;

/** A path secret below this many characters is guessable (128 bit in base64url). */
export const MIN_PATH_SECRET_CHARS = 22;

/** The verifier of a token must answer within this time … */
export const VERIFIER_TIMEOUT_MS = 5_000;
/** … and within this many bytes. */
export const VERIFIER_MAX_BODY_BYTES = 4_096;
/** How long an explicit "not our token" is remembered, so that a flood asks once (threat 17). */
export const TOKEN_REFUSED_MEMORY_MS = 60_000;
/** Tokens remembered at once per shard; the oldest goes first. */
export const TOKEN_MEMORY_ENTRIES = 1_000;
/** How long copies of a callback wait for the one that asks: its time-out and a little. */
export const TOKEN_ASKING_MS = 6_000;
/** Questions that came to nothing, in a minute and over all shards, after which a caller is asked for no more. */
export const USELESS_QUESTIONS_PER_CALLER = 16;
/** The same for a caller whose token was valid before: some go stale on their way, and each valid one clears its record. */
export const USELESS_QUESTIONS_PER_KNOWN_CALLER = 160;
/** The minute in which they are counted. */
export const USELESS_QUESTIONS_MS = 60_000;
/** Questions a known caller may have open at once over all shards: 57 callbacks a second while the verifier hangs. */
export const OPEN_QUESTIONS_PER_KNOWN_CALLER = 512;
/** An unknown caller's callbacks wait so long for the answer to its first ones, less than a provider waits … */
export const QUESTION_PLACE_WAIT_MS = 3_000;
/** … and so many of them at once in one shard. */
export const MAX_WAITING_FOR_PLACE = 32;
/** Callers remembered at once per shard; the oldest goes first. */
export const CALLER_MEMORY_ENTRIES = 10_000;
/** A deferred callback that was not asked about for want of budget is tried again after this; it costs no attempt. */
export const RATE_RETRY_SECONDS = 60;
/** When a deferred callback is asked about again; after the last one it is dead (providers.md 1.4). */
export const DEFERRED_SCHEDULE_SECONDS = [10, 60, 300, 1_800, 7_200, 43_200] as const;
/**
 * Deferred callbacks over all shards: of one caller whose token was valid before, and of all other callers of
 * an account together, so that a flood during an outage does not fill the store (threat 16).
 */
export const MAX_DEFERRED_PER_ACCOUNT = 4_000;
/** A caller that is not known may hold as many as one of so many parts of what is free: after twenty there is room for more. */
export const DEFERRED_PARTS_OF_FREE = 8;
/** Of a caller whose tokens the verifier has lately refused: little of it is genuine, some of it may be. */
export const MAX_DEFERRED_OF_REFUSED_CALLER = 8;
/** How long a count of what is deferred is good for, with what was added since: counting reads all of it. */
export const DEFERRED_COUNT_MS = 1_000;

/** Raw body carried inside an event; longer is truncated so that an event stays under 20 KB. */
export const MAX_EVENT_RAW_BYTES = 8_192;

/** Inbox objects; the home of every payment and dedupe key depends on it, so it is chosen once. */
export const DEFAULT_INBOX_SHARDS = 8;
/**
 * A reference that was handed to the queue and got no answer is handed over again after this long.
 * Longer than a healthy delivery takes, short enough that a lost queue is not noticed by a customer.
 */
export const HANDOVER_TIMEOUT_MS = 30_000;
/** Beyond the attempt's own time-out: how long a claimed delivery is nobody else's. */
export const LEASE_GRACE_MS = 5_000;
/** Queues accept 100 messages a batch. */
export const QUEUE_BATCH_MESSAGES = 100;
/** The longest delay of a queue message (Queues: 24 h). */
export const QUEUE_MAX_DELAY_SECONDS = 86_400;
/** How long to wait before a sweep that failed is tried again. */
export const SWEEP_RETRY_MS = 5_000;

/** Attempts of one delivery may take this long unless the destination says otherwise. */
export const DEFAULT_DELIVERY_TIMEOUT_MS = 15_000;
/** 14 retries over about six days (delivery.md). */
export const DEFAULT_SCHEDULE_SECONDS = [
  5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 86_400, 86_400, 86_400, 86_400,
] as const;
/** A receiver's `retry-after` is honoured up to this (delivery.md). */
export const MAX_RETRY_AFTER_SECONDS = 86_400;
/** Added to a retry's delay, never subtracted: up to this share of it (delivery.md). */
export const RETRY_JITTER_RATIO = 0.1;
/** How much of a receiver's answer is read and kept for the attempt log. */
export const MAX_ANSWER_BYTES = 16_384;
/** Requests a Worker may have open at once (platform.md 4). */
export const MAX_OPEN_CONNECTIONS = 6;

/** KV keeps nothing for less than 60 s; an hour covers any provider's quick retries. */
export const SHIELD_TTL_SECONDS = 3_600;

/** What a provider is told to wait when we cannot store. */
export const UNAVAILABLE_RETRY_AFTER_SECONDS = 5;

/** Failures in a row, per destination and shard, before the breaker opens (delivery.md). */
export const BREAKER_FAILURES = 10;
/** One probe per this long while it is open … */
export const BREAKER_PROBE_MS = 30_000;
/** … doubling up to this. */
export const BREAKER_MAX_PROBE_MS = 300_000;

/** Events one scan of a shard looks at before it gives others a turn. */
export const LIST_WINDOW_EVENTS = 2_000;
/** Events on a page of the operator API, at most and by default. */
export const MAX_PAGE_EVENTS = 200;
export const DEFAULT_PAGE_EVENTS = 50;
/** Windows one page may cost per shard before it is handed out as it is, with a cursor to go on from. */
export const MAX_PAGE_WINDOWS = 10;
/** Bulk replays go on in steps of this length. */
export const REPLAY_STEP_MS = 1_000;
/** Drained after a pause or replayed in bulk, events per second over all shards, unless asked otherwise. */
export const DEFAULT_DRAIN_PER_SECOND = 50;
/** How long everything is kept, dedupe keys included. */
export const DEFAULT_RETENTION_DAYS = 90;
/** How often a shard looks for what has outlived it … */
export const PURGE_INTERVAL_MS = 21_600_000;
/** … and how many events it looks at in one step. */
export const PURGE_STEP_EVENTS = 200;
/** The share of a destination's rate that is given out: what is late on its way shares its second with others. */
export const RATE_HEADROOM_RATIO = 0.95;
/** A paced delivery whose slot is further away than this goes back to the Inbox instead of waiting in the consumer. */
export const RATE_HORIZON_MS = 2_000;
/** One step of draining a backlog (after a pause, an outage, a restart): so much of the rate at a time. */
export const DRAIN_STEP_MS = 1_000;
/** When a delivery that found its destination busy is handed over again. */
export const BUSY_RETRY_MS = 1_000;
/** The same alert about the same thing is not repeated within this long; what was held back is counted in the next. */
export const ALERT_REPEAT_MS = 900_000;
/** Alerts one shard sends in a minute at most; the log has them all. */
export const MAX_ALERTS_PER_MINUTE = 10;

/** What a caller whose requests are all refused is told to wait: the period of the rate limit. */
export const FLOOD_RETRY_AFTER_SECONDS = 60;

/** Failed log-ins of one address after which even a right token is not compared: a person mistypes less often. */
export const MAX_FAILED_LOGINS = 10;
/** For how long they count, and how long such an address has to wait. */
export const FAILED_LOGINS_MS = 60_000;
/** Addresses with failed log-ins remembered at once per isolate; the oldest goes first. */
export const FAILED_LOGIN_ENTRIES = 10_000;

/** The newest events of a shard by which a source's usual gap is judged. */
export const ACTIVITY_EVENTS = 500;
/** Fewer events than this are no habit. */
export const SILENCE_MIN_EVENTS = 20;
/** Silence is this many times the usual gap … */
export const SILENCE_FACTOR = 20;
/** … and never less than this. */
export const SILENCE_MIN_MS = 1_800_000;
/** A callback that waits for its verifier longer than this is worth an alert. */
export const DEFERRED_TOO_LONG_MS = 3_600_000;

/** The Inbox stores within this, or the provider is told to come again: less than any provider waits. */
export const INBOX_DEADLINE_MS = 8_000;

/** Of a body that is too large and did not say so, this much is read on and thrown away: no platform lets more in. */
export const MAX_DISCARDED_BYTES = 104_857_600;
/** A body has to arrive within this. */
export const BODY_TIMEOUT_MS = 30_000;
/** A queue that does not answer within this is left to the sweep. */
export const QUEUE_SEND_DEADLINE_MS = 10_000;
