/**
 * Whether this object is the home of what has none yet. A shard asks the registry before it takes in anything for
 * the first time; one that a growing installation comes to as to an old home remembers it, since what it does not
 * know may have begun in a newer one.
 */
import type { RelayConfig } from "../config/schema.ts";
import { alert } from "../log.ts";
import { countOf, type ShardCount } from "./shard.ts";
import type { SingleRows } from "./store/single-rows.ts";

/** The name of the row in which shard and registry keep the number of shards. */
export const SHARDS_MARKER = "shards";
/** The name of the row in which an old home keeps the number that followed. */
const FOLLOWED_BY_MARKER = "shards_after";

type Numbers = Pick<RelayConfig, "inboxShards" | "inboxShardsBefore">;
type AskRegistry = (shards: number, before: number | null) => Promise<ShardCount | null>;

export class Membership {
  readonly #rows: SingleRows;
  /** How many shards there are by this object's own name. */
  readonly #count: number;
  readonly #askRegistry: AskRegistry;
  #isRegistered = false;
  /** Undefined: not read yet. */
  #followedBy: number | null | undefined;

  constructor(rows: SingleRows, name: string, askRegistry: AskRegistry) {
    this.#rows = rows;
    this.#count = countOf(name);
    this.#askRegistry = askRegistry;
  }

  /**
   * Throws unless this object may take something in.
   *
   * @param isKnown whether it is not new here: then its home stays. Asked only where that matters
   */
  async admit(config: Numbers, isKnown: () => boolean): Promise<void> {
    if (!this.#isRegistered) await this.#register(config);
    const isOld = this.#count !== config.inboxShards;
    if ((!isOld && this.#numberAfter() === null) || isKnown()) return;
    // While the installation grows, a Worker that does not know it yet must not begin anything in an old home.
    if (isOld)
      throw new Error(`there are ${config.inboxShards} shards now: this one takes in no new payment`);
    this.refuseSuperseded(config);
  }

  /** Throws if a newer home may know what is not known here, and is not asked first. */
  refuseSuperseded({ inboxShards, inboxShardsBefore }: Numbers): void {
    const followedBy = this.#numberAfter();
    if (followedBy === null || inboxShards !== this.#count) return;
    if (inboxShardsBefore === followedBy) {
      // Back to this number, and the newer homes are asked first: they are the old ones now.
      this.#setNumberAfter(null);
      return;
    }
    alert("shards_changed", { shards: inboxShards });
    throw new Error(
      `inbox_shards was ${followedBy} after it was ${inboxShards}: set it back, or inbox_shards_before to ${followedBy}`,
    );
  }

  /** Somebody came here as to an old home, in an installation of so many shards: the new home may follow. */
  noteFollowedBy(shards: number): void {
    if (shards !== this.#count && shards !== this.#numberAfter()) this.#setNumberAfter(shards);
  }

  async #register({ inboxShardsBefore }: Numbers): Promise<void> {
    const shards = this.#count;
    if (this.#rows.marker(SHARDS_MARKER) === null) {
      if (!(await this.#askRegistry(shards, inboxShardsBefore))) {
        alert("shards_changed", { shards });
        throw new Error(`inbox_shards was another number before ${shards}: set inbox_shards_before to it`);
      }
      this.#rows.setMarker(SHARDS_MARKER, String(shards));
    }
    this.#isRegistered = true;
  }

  #numberAfter(): number | null {
    if (this.#followedBy === undefined) {
      const written = this.#rows.marker(FOLLOWED_BY_MARKER);
      this.#followedBy = written === null || written === "" ? null : Number(written);
    }
    return this.#followedBy;
  }

  #setNumberAfter(shards: number | null): void {
    this.#rows.setMarker(FOLLOWED_BY_MARKER, shards === null ? "" : String(shards));
    this.#followedBy = shards;
  }
}
