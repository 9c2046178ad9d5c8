/**
 * A CRM that keeps first attempts open, so that a kill falls between the provider's 2xx and their end: some are
 * not answered at all, of others the relay has the status and waits for the body, and has settled nothing.
 */
import type { ServerResponse } from "node:http";
import type { CrmAttempt } from "../crm-server.ts";

/** `held`: no response. `answered`: a 2xx whose body does not end. `finished`: a whole response. */
const ENDINGS = ["held", "answered", "finished"] as const;
export type Ending = (typeof ENDINGS)[number];

export class FirstAttempts {
  /** Ids of events whose first attempt is open, or has just been answered whole. */
  readonly #caught = new Set<string>();
  #ending: Ending | null = null;
  #turn = 0;

  /** Each in turn. */
  nextEnding(): Ending {
    return ENDINGS[this.#turn++ % ENDINGS.length] ?? "held";
  }

  /** From now on, first attempts go like this; null: as ever. */
  set(ending: Ending | null): void {
    this.#ending = ending;
    this.#caught.clear();
  }

  get caught(): readonly string[] {
    return [...this.#caught];
  }

  /** For the CRM: takes an attempt over, and answers what is to be done with it. */
  readonly take = ({ id, attempt, response }: CrmAttempt): Ending | null => {
    const ending = attempt === "1" ? this.#ending : null;
    if (ending === null) return null;
    if (ending === "finished") response.once("finish", () => this.#add(id, ending));
    else this.#whileOpen(id, response);
    return ending;
  };

  #whileOpen(id: string, response: ServerResponse): void {
    this.#caught.add(id);
    response.once("close", () => this.#caught.delete(id));
  }

  #add(id: string, ending: Ending): void {
    if (this.#ending === ending) this.#caught.add(id);
  }
}
