/** The smallest sets of changes under which a callback would have verified. */
import { MAX_DIAGNOSIS_CHANGES, MAX_DIAGNOSIS_TRIES } from "../limits.ts";
import type { Case } from "./captured.ts";
import { changesFor, type Change } from "./changes.ts";
import { examine, isVerified, STAGES, type Ask, type Examination } from "./examine.ts";

export interface Solution {
  readonly changes: readonly Change[];
  readonly examination: Examination;
}

interface Node extends Solution {
  readonly given: Case;
  /** Where the list of changes goes on: two changes are tried in one order only. */
  readonly from: number;
}

/** How far a refused callback got within the proof: a change that brings it further is on the right way. */
const WITHIN_PROOF = [/^missing_/, /^malformed_|_syntax$/, /^bad_|^merchant$|^token_/, /^stale$/];

function progressOf({ stage, outcome }: Examination): number {
  const reason = "reason" in outcome ? outcome.reason : "";
  const within = WITHIN_PROOF.findIndex((pattern) => pattern.test(reason));
  return STAGES.indexOf(stage) * (WITHIN_PROOF.length + 1) + within;
}

/**
 * All solutions of the smallest number of changes, up to MAX_DIAGNOSIS_CHANGES of them. A change that brings the
 * callback further is kept and gone on from; where none does, pairs are tried.
 */
export async function search(given: Case, examination: Examination, ask: Ask | null): Promise<Solution[]> {
  let frontier: Node[] = [{ given, examination, changes: [], from: 0 }];
  let tries = 0;
  for (let size = 1; size <= MAX_DIAGNOSIS_CHANGES; size += 1) {
    const reached: Node[] = [];
    const solved: Solution[] = [];
    for (const node of frontier) {
      for (const [index, change] of changesFor(node.given, node.examination).entries()) {
        if (index < node.from || node.changes.some(({ kind }) => kind === change.kind)) continue;
        if (tries >= MAX_DIAGNOSIS_TRIES) return solved;
        tries += 1;
        const to = change.apply(node.given);
        const result = await examine(to, ask);
        const changes = [...node.changes, change];
        if (isVerified(result) || result.outcome.kind === "unasked")
          solved.push({ changes, examination: result });
        else reached.push({ given: to, examination: result, changes, from: index + 1 });
      }
    }
    if (solved.length > 0) return solved;
    const before = Math.max(...frontier.map((node) => progressOf(node.examination)));
    const further = reached.filter((node) => progressOf(node.examination) > before);
    // Pairs are tried blindly, more than that only on the way.
    if (further.length === 0 && size >= 2) return [];
    // At a new place there is a new list of changes.
    frontier = further.length > 0 ? further.map((node) => ({ ...node, from: 0 })) : reached;
  }
  return [];
}
