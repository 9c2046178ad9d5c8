/**
 * Every policy number of the relay: its unit in its name, the reason beside it, and no other home.
 *
 * What a merchant may choose has its default and its bounds here; the option itself is in
 * `config/schema.ts`. Constants of a format (digits of an id, bits of an address) stay with the format.
 */

// ---- a request ---------------------------------------------------------------------------------------

/** Callbacks of all four providers are under 4 KiB; this leaves a margin and bounds memory. */
export const DEFAULT_MAX_BODY_BYTES = 262_144;
/**
 * A row of a SQLite Durable Object holds 2 MB; a stored callback must fit in one with its base64 form. Of
 * a body that is kept although it is too large, no more than this is kept.
 */
export const MAX_MAX_BODY_BYTES = 1_048_576;
/** Of a body that is too large and did not say so, this much is read and discarded: no platform lets more in. */
export const MAX_DISCARDED_BYTES = 104_857_600;
/** A body has to arrive within this: a sender that stalls must not hold the request open. */
export const BODY_TIMEOUT_MS = 30_000;

// ---- the contents of a callback ----------------------------------------------------------------------

/** Deeper JSON than this is an attack, not a payment. */
export const MAX_JSON_DEPTH = 32;
/** Members over the whole document: a map of a million keys costs more than its bytes. */
export const MAX_JSON_KEYS = 1_000;
/** Values over the whole document, elements of arrays included: members alone do not bound `[0,0,0,…]`. */
export const MAX_JSON_VALUES = 10_000;
/** A pointer shown to people is cut here: a key may be as long as the body, a log line may not. */
export const MAX_POINTER_CHARS = 256;
/** Fields of a form or query: a payment needs far fewer. */
export const MAX_FORM_FIELDS = 64;
/** Bytes of one decoded field name. */
export const MAX_FORM_NAME_BYTES = 64;
/** Significant digits of an amount as sent. */
export const MAX_DECIMAL_DIGITS = 40;
/** Exponents an amount may carry, both ways: 18 decimals are usual, 30 is generous. */
export const MAX_DECIMAL_EXPONENT = 30;
/** Of a detail behind a reason (a key's name, a pointer), in logs, the store and a reply's header. */
export const MAX_REASON_DETAIL_CHARS = 200;
/** Longest identifier (event id, transaction id, order number) taken from a callback. */
export const MAX_IDENTIFIER_CHARS = 256;
/** Raw body carried inside an event; longer is truncated so that an event stays under 20 KB. */
export const MAX_EVENT_RAW_BYTES = 8_192;

// ---- proofs ------------------------------------------------------------------------------------------

/** Signatures or timestamps beyond this many `k=v` parts are not from a payment provider. */
export const MAX_SIGNATURE_PARTS = 16;
/** Clock difference allowed between a provider and us: the default, and the most one can configure. */
export const DEFAULT_TOLERANCE_SECONDS = 300;
/** A template of what is signed: the longest of those we know has half of it … */
export const MAX_TEMPLATE_CHARS = 1_024;
/** … and half as many parts, … */
export const MAX_TEMPLATE_PARTS = 32;
/** … and the whole body once: a template must not multiply what a sender makes us hash. */
export const MAX_TEMPLATE_DOCUMENTS = 2;
/** Parts of a declared provider's key, and places where one value may stand: nothing needs more to be told apart. */
export const MAX_DECLARED_PARTS = 8;
/** Words of a declared provider's table of states: the longest we know has a third of it. */
export const MAX_DECLARED_WORDS = 128;
/** Values that a declared provider redacts: each is looked for in every callback. */
export const MAX_DECLARED_REDACTED = 64;
/** A path secret below this many characters is guessable (128 bit in base64url). */
export const MIN_PATH_SECRET_CHARS = 22;
/** The token that opens everything: 32 random characters of any usual alphabet are 128 bits and more. */
export const MIN_ADMIN_TOKEN_CHARS = 32;

// ---- a provider's token verifier ---------------------------------------------------------------------

/** The verifier of a token must answer within this time … */
export const VERIFIER_TIMEOUT_MS = 5_000;
/** … and within this many bytes. */
export const VERIFIER_MAX_BODY_BYTES = 4_096;
/** What a provider's API says of one object: invoices with their payments are a few KiB. */
export const FETCHED_MAX_BODY_BYTES = 65_536;
/** How long an explicit "not our token" is remembered, so that a flood of one token asks once. */
export const TOKEN_REFUSED_MEMORY_MS = 60_000;
/** Tokens remembered at once per shard; the oldest is forgotten first. */
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
/** When a deferred callback is asked about again; after the last one it is dead. */
export const DEFERRED_SCHEDULE_SECONDS = [10, 60, 300, 1_800, 7_200, 43_200] as const;
/**
 * Deferred callbacks over all shards: of one caller whose token was valid before, and of all other callers of
 * an account together, so that a flood during an outage does not fill the store.
 */
export const MAX_DEFERRED_PER_ACCOUNT = 4_000;
/** A caller that is not known may hold as many as one of so many parts of what is free: after twenty there is room for more. */
export const DEFERRED_PARTS_OF_FREE = 8;
/** Of a caller whose tokens the verifier has lately refused: little of it is genuine, some of it may be. */
export const MAX_DEFERRED_OF_REFUSED_CALLER = 8;
/** How long a count of what is deferred is good for, with what was added since: counting reads all of it. */
export const DEFERRED_COUNT_MS = 1_000;

// ---- replies to a provider ---------------------------------------------------------------------------

/** The Inbox stores within this, or the provider is told to come again: less than any provider waits. */
export const INBOX_DEADLINE_MS = 8_000;
/** What a provider is told to wait when we cannot store. */
export const UNAVAILABLE_RETRY_AFTER_SECONDS = 5;
/** What a caller whose requests are all refused is told to wait: the period of the rate limit. */
export const FLOOD_RETRY_AFTER_SECONDS = 60;
/** Refusals of one address in an isolate that count once with the limiter: its `limit` is in these. */
export const REFUSALS_PER_COUNT = 10;
/** For how long an isolate takes an address for over that limit without asking again. */
export const FLOODING_ADDRESS_MS = 10_000;
/** Addresses with refused requests remembered at once per isolate; the oldest goes first. */
export const REFUSED_ADDRESS_ENTRIES = 10_000;
/** An hour covers any provider's quick retries, in KV and in an isolate's memory. */
export const SHIELD_TTL_SECONDS = 3_600;
/** Callbacks that an isolate remembers, the oldest going first: quick repeats of some minutes, in about 2 MB. */
export const SHIELD_MEMORY_ENTRIES = 5_000;
/** A KV that has not answered within this has missed. */
export const KV_DEADLINE_MS = 250;
/** A write to it is made after the response, and given up after this. */
export const KV_WRITE_DEADLINE_MS = 5_000;
/** Repeats of a source seen by this isolate make it ask KV first for this long. */
export const SHIELD_ALERTNESS_MS = 60_000;

// ---- the Inbox and the queue -------------------------------------------------------------------------

/** Inbox objects; the home of every payment and dedupe key depends on it, so it is chosen once. */
export const DEFAULT_INBOX_SHARDS = 8;
/** Every operator request asks all shards, and a Worker may make 1,000 calls per request. */
export const MAX_INBOX_SHARDS = 64;
/**
 * A reference that was handed over to the queue and not leased is handed over again after this long:
 * longer than a healthy delivery takes, short enough that no customer notices a lost message.
 */
export const HANDOVER_TIMEOUT_MS = 30_000;
/** Below this a healthy queue would be handed everything twice … */
export const MIN_HANDOVER_TIMEOUT_MS = 100;
/** … and above it a lost message would delay a payment by more than ten minutes. */
export const MAX_HANDOVER_TIMEOUT_MS = 600_000;
/** The hand-over time-out doubles this often: from half a minute to eight, however long the consumer is down. */
export const HANDOVER_MAX_DOUBLINGS = 4;
/** Beyond the attempt's own time-out: how long a delivery stays leased. */
export const LEASE_GRACE_MS = 5_000;
/** Queues accept 100 messages a batch. */
export const QUEUE_BATCH_MESSAGES = 100;
/** The longest delay of a queue message (Queues: 24 h). */
export const QUEUE_MAX_DELAY_SECONDS = 86_400;
/** A queue that does not answer within this is left to the sweep. */
export const QUEUE_SEND_DEADLINE_MS = 10_000;
/** References one sweep hands over at most, each with a row and its index: no transaction writes many more than 1,000 rows. */
export const SWEEP_MAX_ROWS = 300;
/** First attempts without a report that one sweep gives a row of their own: three rows each. */
export const RECOVER_MAX_ATTEMPTS = 100;
/**
 * A destination with a longer time-out gets its first attempt over the queue: a Worker that has answered is
 * given 30 s (Cloudflare Workers, `waitUntil`).
 */
export const MAX_DIRECT_TIMEOUT_MS = 25_000;
/**
 * What settlements lease is to be over this long after an invocation began: of the 30 s it is given, the rest is for the
 * slot of a rate and for settling.
 */
export const FOLLOWING_ATTEMPTS_MS = MAX_DIRECT_TIMEOUT_MS;
/** Such attempts an invocation makes at most: each is two of a request's 1,000 calls. */
export const MAX_FOLLOWING_ATTEMPTS = 200;
/** A batch of the queue asks for more no longer than this: messages to other destinations may wait for its end. */
export const BATCH_FOLLOWING_MS = 2_000;
/** How long to wait before a sweep that failed is tried again. */
export const SWEEP_RETRY_MS = 5_000;
/** An alarm that has not run so long after its time is lost, and set anew. */
export const ALARM_OVERDUE_MS = 60_000;
/** How long the queue waits after the relay itself failed: at first … */
export const OUR_FAILURE_RETRY_SECONDS = 10;
/** … and, doubling, at most: an outage of ours must not use up the queue's hundred retries in minutes. */
export const OUR_FAILURE_MAX_RETRY_SECONDS = 900;
/** A person takes a while to mend a wrong configuration: what waits for it is looked at again so often. */
export const MISCONFIGURED_RETRY_SECONDS = 300;

// ---- attempts and their schedule ---------------------------------------------------------------------

/** Attempts of one delivery may take this long unless the destination says otherwise. */
export const DEFAULT_DELIVERY_TIMEOUT_MS = 15_000;
/** A shorter time-out would fail healthy receivers … */
export const MIN_DELIVERY_TIMEOUT_MS = 100;
/** … and a longer one lets a receiver that hangs hold one of six connections for more than a minute. */
export const MAX_DELIVERY_TIMEOUT_MS = 60_000;
/** 14 retries over about six days (docs/delivery.md#the-schedule). */
export const DEFAULT_SCHEDULE_SECONDS = [
  5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 86_400, 86_400, 86_400, 86_400,
] as const;
/** The longest single delay that can be configured: a queue message waits no longer either. */
export const MAX_SCHEDULE_DELAY_SECONDS = 86_400;
/** Retries that can be configured: at the longest delay, seven weeks, well within the retention. */
export const MAX_SCHEDULE_RETRIES = 50;
/** A receiver's `retry-after` is honoured up to this. */
export const MAX_RETRY_AFTER_SECONDS = 86_400;
/** Added to a retry's delay, never subtracted: up to this share of it, so that failures spread out. */
export const RETRY_JITTER_RATIO = 0.1;
/** How much of a receiver's response is read and kept for the attempt log. */
export const MAX_RESPONSE_EXCERPT_BYTES = 16_384;
/** The status decides; a body that has not come by then is not waited for, as the payment's next event is. */
export const RESPONSE_EXCERPT_TIMEOUT_MS = 2_000;
/** Requests a Worker may have open at once (Cloudflare: 6 connections waiting for a response). */
export const MAX_OPEN_CONNECTIONS = 6;
/** The public half of a key outlives the key by this: receivers accept a request signed at its end for five minutes. */
export const PUBLISHED_AFTER_EXPIRY_MS = 600_000;
/** Long enough to spare requests, short enough that a new key is known before the old one is taken away. */
export const JWKS_MAX_AGE_SECONDS = 300;
/** The contract changes with a deployment; developers read it by hand, so an hour late is soon enough. */
export const CONTRACT_MAX_AGE_SECONDS = 3_600;

// ---- circuit breaker ---------------------------------------------------------------------------------

/** Failures in a row, per destination and shard, before the breaker opens. */
export const BREAKER_FAILURES = 10;
/** One probe per this long while it is open … */
export const BREAKER_PROBE_MS = 30_000;
/** … doubling up to this. */
export const BREAKER_MAX_PROBE_MS = 300_000;

// ---- rate limit and backlog --------------------------------------------------------------------------

/** The slowest rate that can be configured: one request in a hundred seconds … */
export const MIN_PER_SECOND = 0.01;
/** … and the fastest; above it a limit limits nothing. */
export const MAX_PER_SECOND = 1_000;
/** The most deliveries of one destination that can be configured to be in flight at once. */
export const MAX_MAX_IN_FLIGHT = 10_000;
/** Attempts to one destination under way at once, over all shards, unless it says otherwise: no burst buries it. */
export const DEFAULT_MAX_IN_FLIGHT = 128;
/** The share of a destination's rate that is given out: a request delayed on its way shares its second with others. */
export const RATE_HEADROOM_RATIO = 0.95;
/** A rate-limited delivery whose slot is further away than this goes back to the Inbox instead of waiting in the consumer. */
export const RATE_HORIZON_MS = 2_000;
/** A backlog (after a pause or an outage) drains in steps of this length, each with its share of the rate. */
export const DRAIN_STEP_MS = 1_000;
/** Drained after a pause or replayed in bulk, events per second over all shards, unless asked otherwise. */
export const DEFAULT_DRAIN_PER_SECOND = 50;
/** The slowest bulk replay that can be asked for: one event in ten seconds. */
export const MIN_REPLAY_PER_SECOND = 0.1;
/** Bulk replays go on in steps of this length. */
export const REPLAY_STEP_MS = 1_000;

// ---- retention and purge -----------------------------------------------------------------------------

/** How long everything is kept, dedupe keys included. */
export const DEFAULT_RETENTION_DAYS = 90;
/** Ten years: beyond any rule for keeping records, and a typing mistake beyond that. */
export const MAX_RETENTION_DAYS = 3_650;
/** A payment is remembered, without its events, for ten years: refunds and disputes come late. */
export const DEFAULT_TOMBSTONE_DAYS = 3_650;
/** The longest that can be configured: a hundred years. */
export const MAX_TOMBSTONE_DAYS = 36_500;
/** Milliseconds of a day. */
export const DAY_MS = 86_400_000;
/** Events a step of the purge forgets, or names it checks. */
export const PURGE_STEP_EVENTS = 500;
/** Between two steps of the purge: others have their turn. */
export const PURGE_STEP_INTERVAL_MS = 2_000;
/** A shard with nothing old enough checks again after this at the earliest. */
export const MIN_PURGE_INTERVAL_MS = 3_600_000;
/** How often all remembered payments and reserved names are gone through. */
export const ROUND_OF_OLD_NAMES_MS = 7 * DAY_MS;

// ---- the ledger --------------------------------------------------------------------------------------

/** The ledger's snapshot is written after so many changes: a row for that many events. */
export const LEDGER_SNAPSHOT_CHANGES = 64;
/** Events read at a time while a new instance counts what came after the snapshot. */
export const LEDGER_SCAN_EVENTS = 500;
/**
 * Events later than the snapshot at most, give or take those of one snapshot: an attempt that hangs for half a
 * minute would leave thousands, and each snapshot counts them all. Fewer than a new instance reads at once.
 */
export const LEDGER_TAIL_EVENTS = 400;
/** Repeats are counted in memory for this long, so that a storm of them costs no row each. */
export const REPEATS_IN_MEMORY_MS = 5_000;
/** How often a shard counts all its rows anew … */
export const RECOUNT_INTERVAL_MS = 86_400_000;
/** … that many events a step … */
export const RECOUNT_STEP_EVENTS = 500;
/** … with a pause between. */
export const RECOUNT_STEP_INTERVAL_MS = 1_000;

// ---- what is kept ------------------------------------------------------------------------------------

/** Events whose ids share one row of the search by id. */
export const EVENT_ID_BLOCK_EVENTS = 1_024;
/** Between two such rows, or blocks of the search, where more events have gathered: others have their turn. */
export const EVENT_ID_BLOCK_INTERVAL_MS = 1_000;
/** Events of a block of the search: those after the last block are read one by one, so not too many of them … */
export const SEARCH_BLOCK_EVENTS = 512;
/** … in that many rows, of which a question reads one a term: a sixty-fourth of a row an event. */
export const SEARCH_BLOCK_PARTS = 8;
/** Blocks of the search that one step of the purge forgets: 512 rows. */
export const PURGE_STEP_SEARCH_BLOCKS = 64;
/** Words by which one event is found, those of the callback last: a callback has about fifty. */
export const MAX_SEARCH_WORDS_PER_EVENT = 128;
/** Conflicting statements of one event that are kept for a person; more are only alerted. */
export const MAX_STORED_CONFLICTS = 20;
/** Of a success's response, so much is kept. */
export const MAX_SUCCESS_ANSWER_CHARS = 256;

// ---- alerts ------------------------------------------------------------------------------------------

/** The same alert about the same thing is not repeated within this long; what was held back is counted in the next. */
export const ALERT_REPEAT_MS = 900_000;
/** An incident that nothing is heard of for this long is over, where nobody says so. */
export const ALERT_QUIET_MS = 3_600_000;
/** How long an incident is kept after it is over … */
export const INCIDENT_KEPT_MS = 90 * DAY_MS;
/** … and how many there are at most, open ones apart. */
export const MAX_INCIDENTS = 1_000;
/** Refusals of one source between two looks of the monitor, for reasons that speak of a changed secret, address or clock. */
export const REFUSED_SURGE = 20;
/** What Cloudflare permits one Durable Object to store. */
export const DATABASE_LIMIT_BYTES = 10_000_000_000;
/** A Durable Object holds 10 GB: at eight there is time to have more shards. */
export const DATABASE_ALERT_BYTES = 8_000_000_000;
/** What Slack and Telegram take from one sender to one channel in a second. */
export const ALERT_CHANNEL_PER_SECOND = 1;
/** Telegram takes 4,096 characters; what is shown to a person on a telephone is shorter. */
export const MAX_ALERT_TEXT_CHARS = 3_000;
/** Longer ones are cut off by mail programs. */
export const MAX_EMAIL_SUBJECT_CHARS = 150;
/** An alert is for a few people; whom else it is for, a mailing list knows. */
export const MAX_EMAIL_RECIPIENTS = 20;
/** PagerDuty takes as many in a summary … */
export const MAX_PAGER_SUMMARY_CHARS = 1_024;
/** … and in the key that makes several events one incident. */
export const MAX_PAGER_KEY_CHARS = 255;
/** Alerts one shard sends in a minute at most; the log has them all. */
export const MAX_ALERTS_PER_MINUTE = 10;
/** As many refusals in a row from one destination are worth a person's time; fewer are a deployment. */
export const REFUSALS_BEFORE_ALERT = 3;

/** Failed log-ins of one address after which even a right token is not compared: a person mistypes less often. */
export const MAX_FAILED_LOGINS = 10;
/** For how long they count, and how long such an address has to wait. */
export const FAILED_LOGINS_MS = 60_000;
/** Addresses with failed log-ins remembered at once per isolate; the oldest goes first. */
export const FAILED_LOGIN_ENTRIES = 10_000;

/** The newest events of a shard by which a source's usual gap is judged. */
export const ACTIVITY_EVENTS = 500;
/** Deliveries owed to one destination among which the oldest event is looked for: those that leave first. */
export const OLDEST_OWED_ROWS = 500;
/** Fewer events than this are no habit. */
export const SILENCE_MIN_EVENTS = 20;
/** Silence is this many times the usual gap … */
export const SILENCE_FACTOR = 20;
/** … and never less than this. */
export const SILENCE_MIN_MS = 1_800_000;
/** A delivery whose attempt is overdue by more than this is worth an alert. */
export const OWED_LONG_MARGIN_MS = 900_000;
/** A callback that waits for its verifier longer than this is worth an alert. */
export const DEFERRED_TOO_LONG_MS = 3_600_000;

// ---- what operators watch ----------------------------------------------------------------------------

/** Of one source's refused callbacks for one reason, so many are kept: enough to see what they have in common. */
export const MAX_REFUSED_KEPT = 20;
/** Of these, an isolate reports so many whole; the others are counted. */
export const MAX_REFUSED_SAMPLES = 3;
/** Refusals of one source for one reason that an isolate logs one by one between two reports; of the others, how many. */
export const MAX_REFUSED_LINES = 10;
/** A report of refused callbacks is followed by a pause of this length: a flood costs an isolate a call a second. */
export const REFUSED_REPORT_INTERVAL_MS = 1_000;
/** A report that has not come to an end by then never will: a Worker that has answered is given 30 s. */
export const REFUSED_REPORT_TIMEOUT_MS = 30_000;
/** A group of refused callbacks is written at most once in this time, whatever comes. */
export const REFUSED_WRITE_INTERVAL_MS = 60_000;
/** How long a group is kept after its last callback. */
export const REFUSED_KEPT_MS = 30 * DAY_MS;
/** The beginning of a refused body that is kept: a payment's reference is in it. */
export const MAX_REFUSED_HEAD_CHARS = 256;
/** A content type is shorter than this. */
export const MAX_REFUSED_CONTENT_TYPE_CHARS = 100;
/** A step of the charts over an hour or a day: as often as the monitor runs … */
export const SERIES_STEP_MS = 300_000;
/** … which are kept for this long. */
export const SERIES_KEPT_MS = 2 * DAY_MS;
/** A step of the charts over a week or a month … */
export const SERIES_LONG_STEP_MS = 3_600_000;
/** … which are kept for this long. */
export const SERIES_LONG_KEPT_MS = 32 * DAY_MS;
/** Charts that are older than this when somebody looks are brought up to date first. */
export const SERIES_FRESH_MS = 10_000;
/** Durations are counted up to each of these: a local call, a slow CRM, a retry, an outage. */
export const HISTOGRAM_BOUNDS_MS = [
  5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 600_000, 3_600_000,
] as const;
/** A shard tells what it has measured no more often than this: in a busy one a call in four seconds, not one an event. */
export const MEASURES_REPORT_INTERVAL_MS = 4_000;
/** What happens is gathered for this long before it is told to who watches: no person sees the difference. */
export const LIVE_GATHER_MS = 100;
/** Happenings a shard keeps while they are being told; a person cannot read more in that time. */
export const MAX_LIVE_WAITING = 500;
/** Happenings a client that was away finds again. */
export const MAX_LIVE_LINES = 2_000;
/** Clients that may watch at once: more than a team has screens. */
export const MAX_LIVE_WATCHERS = 50;
/** A client that is this far behind reads too slowly, or not at all. */
export const MAX_LIVE_BEHIND_BYTES = 1_048_576;
/** Shards tell what happens for this long after they were last asked: a client that reconnects has missed nothing. */
export const LIVE_LEASE_MS = 60_000;
/** How often they are asked while somebody watches, and clients are told that the line is open. */
export const LIVE_BEAT_MS = 15_000;
/** A client is sent away after this, and comes back by itself: no line stays open for ever. */
export const LIVE_STREAM_MS = 600_000;

// ---- operator API ------------------------------------------------------------------------------------

/** Events one scan of a shard reads before it lets other requests in. */
export const LIST_WINDOW_EVENTS = 2_000;
/** A scan begins with so many, a page and a bit, and doubles: what does not fit on the page is not read. */
export const LIST_STEP_EVENTS = 64;
/** Events on a page of the operator API, at most and by default. */
export const MAX_PAGE_EVENTS = 200;
export const DEFAULT_PAGE_EVENTS = 50;
/** Values in one list of a filter: more than there are states, less than an address may be long. */
export const MAX_FILTER_VALUES = 20;
/** An operator's order is a filter and a reason: a body beyond this is none. */
export const MAX_API_BODY_BYTES = 65_536;
/** Events one order in bulk (release, dismiss) is carried out for at once: a release is three of a request's 1,000 calls. */
export const MAX_BULK_ORDER_EVENTS = 200;
/** Failures of an order in bulk that are named in its response. */
export const MAX_SHOWN_FAILURES = 20;
/** Windows one page may cost per shard before it is handed out as it is, with a cursor to go on from. */
export const MAX_PAGE_WINDOWS = 10;
/** A cursor holds one position per shard: 64 of them are below this. */
export const MAX_CURSOR_CHARS = 2_000;
/** A shorter word stands in nearly every event. */
export const MIN_SEARCH_CHARS = 3;
/** A shorter beginning of a word is that of too many … */
export const MIN_BEGINNING_CHARS = 6;
/** … and one of this length tells nearly all words apart: longer ones are looked up by it as well. */
export const LONG_BEGINNING_CHARS = 12;
/** Blocks of the search that one call to a shard looks through: 131,072 events. */
export const MAX_SEARCH_BLOCKS = 256;
/** Events that one call to a shard looks at because a search may mean them. */
export const MAX_SEARCH_LOOKED = 512;
/** A search text is an identifier at the longest. */
export const MAX_SEARCH_CHARS = MAX_IDENTIFIER_CHARS;
/** Why an event was dismissed: a sentence or two. */
export const MAX_DISMISS_REASON_CHARS = 500;
/** Why a destination was paused: a sentence, not a report. */
export const MAX_PAUSE_REASON_CHARS = 200;

// ---- checking a deployment -----------------------------------------------------------------------------

/** A binding that has not answered an operator's check by then is as good as none: callbacks wait no longer either. */
export const BINDING_CHECK_DEADLINE_MS = 5_000;

// ---- diagnosing a captured callback ------------------------------------------------------------------

/** Two mistakes at once happen; three and more are guesses, of which too many fit. */
export const MAX_DIAGNOSIS_CHANGES = 3;
/** Headers of a pasted request: servers take about as many. */
export const MAX_DIAGNOSED_HEADERS = 100;
/** Bounds the CPU time of one diagnosis: a try is an HMAC or two, and pairs of fifty changes are 1,225. */
export const MAX_DIAGNOSIS_TRIES = 2_000;

// ---- console -----------------------------------------------------------------------------------------

/** A session of the console ends after this, a working day: whoever still works signs in again. */
export const SESSION_SECONDS = 43_200;
/** Style sheets and scripts have the hash of their content in their name: they may be kept for a year. */
export const ASSET_MAX_AGE_SECONDS = 31_536_000;
/** Events on a page of the console: about what a large screen shows, each payment of them being looked up. */
export const CONSOLE_PAGE_EVENTS = 30;
/** The newest refused callbacks on their page, over all sources and reasons. */
export const CONSOLE_REFUSED = 100;
/** Of a refused body at first sight: what fits on a line beside the other columns. */
export const CONSOLE_REFUSED_HEAD_CHARS = 64;
/** Refusals since the last success that speak of a changed secret: fewer are anybody who tries. */
export const REFUSED_IN_A_ROW = 3;
/** Incidents and entries of the audit on a page of the settings. */
export const CONSOLE_ALERTS = 20;
export const CONSOLE_AUDIT = 30;
/** Of `tracestate`, which W3C Trace Context wants handed on up to this length at least. */
export const MAX_TRACE_STATE_CHARS = 512;

/** Bulk replays below a list of what is set aside. */
export const CONSOLE_REPLAYS = 10;
/** The newest payments, as the overview shows them. */
export const CONSOLE_OVERVIEW_PAYMENTS = 8;
