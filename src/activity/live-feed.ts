/**
 * The live feed: what happens, to everybody who watches, as server-sent events. One buffer for all of them, so that
 * a client that comes back goes on where it was; one that does not read fast enough is sent away and comes back.
 */
import type { Happening } from "../inbox/live-reports.ts";
import { MAX_LIVE_BEHIND_BYTES, MAX_LIVE_LINES, MAX_LIVE_WATCHERS } from "../limits.ts";
import { isWanted, type Wanted } from "../inbox/filter.ts";

/** What one client wants to see; undefined: all. */
export interface LiveFilter {
  readonly what?: Wanted | undefined;
  readonly source?: Wanted | undefined;
  readonly destination?: Wanted | undefined;
}

interface Line {
  readonly number: number;
  readonly happening: Happening;
}

interface Watcher {
  readonly controller: ReadableByteStreamController;
  readonly filter: LiveFilter;
  /** When it is sent away to come back (epoch ms). */
  readonly untilMs: number;
}

export class LiveFeed {
  /** Numbers begin anew with every life of the object: this tells them apart. */
  readonly #life = crypto.randomUUID().slice(0, 8);
  #lines: Line[] = [];
  #lastNumber = 0;
  readonly #watchers = new Set<Watcher>();
  /** What is told to a client before anything has happened. */
  get #position(): string {
    return `${this.#life}-${this.#lastNumber}`;
  }

  get isWatched(): boolean {
    return this.#watchers.size > 0;
  }

  get isFull(): boolean {
    return this.#watchers.size >= MAX_LIVE_WATCHERS;
  }

  /** @param dropped how many more there were, which nobody could keep */
  add(happenings: readonly Happening[], dropped: number): void {
    if (dropped > 0) this.#sendAll(() => message("gap", this.#position, { dropped }));
    for (const happening of happenings) {
      this.#lastNumber += 1;
      const line = { number: this.#lastNumber, happening };
      this.#lines.push(line);
      this.#sendAll(({ filter }) => (wants(filter, happening) ? this.#messageOf(line) : null));
    }
    if (this.#lines.length > MAX_LIVE_LINES) this.#lines = this.#lines.slice(-MAX_LIVE_LINES);
  }

  /**
   * A stream of server-sent events: what came after `lastId` as far as it is kept (`gap` where it is not), then
   * `ready`, then whatever happens, until `untilMs`.
   *
   * @param lastId the id of the last event the client has had; null: only what is new
   * @param onEnd called when the last watcher has gone
   */
  open(
    lastId: string | null,
    filter: LiveFilter,
    untilMs: number,
    ready: Promise<unknown>,
  ): ReadableStream<Uint8Array> {
    let watcher: Watcher;
    return new ReadableStream({
      type: "bytes",
      start: async (controller: ReadableByteStreamController) => {
        watcher = { controller, filter, untilMs };
        for (const text of this.#missed(lastId, filter)) controller.enqueue(encode(text));
        this.#watchers.add(watcher);
        await ready;
        this.#send(watcher, message("ready", null, { position: this.#position }));
      },
      cancel: () => {
        this.#watchers.delete(watcher);
      },
    });
  }

  /** Says to everybody that the line is open, and sends away whose time is over. */
  beat(nowMs: number): void {
    for (const watcher of this.#watchers) {
      if (nowMs >= watcher.untilMs) this.#end(watcher);
      else this.#send(watcher, ": open\n\n");
    }
  }

  #missed(lastId: string | null, filter: LiveFilter): string[] {
    if (lastId === null) return [];
    const [, life, number] = /^([0-9a-f]{8})-(\d+)$/.exec(lastId) ?? [];
    const oldest = this.#lines[0]?.number ?? this.#lastNumber + 1;
    const after = Number(number);
    // Of another life, or older than what is kept: the client is told that it has missed something.
    const isKept = life === this.#life && after >= oldest - 1 && after <= this.#lastNumber;
    const missed = this.#lines.filter((line) => !isKept || line.number > after);
    const texts = missed
      .filter(({ happening }) => wants(filter, happening))
      .map((line) => this.#messageOf(line));
    return isKept ? texts : [message("gap", null, {}), ...texts];
  }

  #messageOf({ number, happening }: Line): string {
    const { atMs, durationMs, ...rest } = happening;
    const data = { at: new Date(atMs).toISOString(), ...rest, duration_ms: durationMs };
    return message(happening.what, `${this.#life}-${number}`, data);
  }

  #sendAll(textFor: (watcher: Watcher) => string | null): void {
    for (const watcher of this.#watchers) {
      const text = textFor(watcher);
      if (text !== null) this.#send(watcher, text);
    }
  }

  #send(watcher: Watcher, text: string): void {
    const { controller } = watcher;
    // It reads more slowly than things happen: it comes back, and finds in the buffer what it has missed.
    if ((controller.desiredSize ?? 0) < -MAX_LIVE_BEHIND_BYTES) this.#end(watcher);
    else controller.enqueue(encode(text));
  }

  #end(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    watcher.controller.close();
  }
}

function wants(filter: LiveFilter, { what, source, destination }: Happening): boolean {
  return (
    isWanted(filter.what, what) &&
    isWanted(filter.source, source) &&
    isWanted(filter.destination, destination)
  );
}

function message(event: string, id: string | null, data: object): string {
  return `${id === null ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
