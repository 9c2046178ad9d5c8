/** A callback to be diagnosed, and what came of it. What is pasted is in the page it is answered with and nowhere else. */
import type { DiagnosisJson } from "../../api/operations/diagnose.ts";
import { MAX_API_BODY_BYTES } from "../../limits.ts";

/** As the form has them; a secret is never given back. */
export interface Pasted {
  readonly url: string;
  readonly headers: string;
  readonly body: string;
  readonly at: string;
}

/** @param id of its own on the page */
export function DiagnoseForm({ id, pasted, open }: { id: string; pasted: Pasted; open: boolean }) {
  return (
    <details id={id} open={open}>
      <summary>Diagnose a callback…</summary>
      <form method="post" action={`/refused/diagnose#${id}`} class="paste">
        <input type="hidden" name="form" value={id} />
        <p class="note">
          Take the request from the provider's log of webhooks, or from a proxy: its headers have the proof,
          and the relay does not keep them. Nothing of what you paste is kept, and nobody is asked.
        </p>
        <label>
          Address
          <input name="url" value={pasted.url} required autocomplete="off" spellcheck={false} />
        </label>
        <label>
          Headers, one a line
          <textarea name="headers" rows={4} maxlength={MAX_API_BODY_BYTES} spellcheck={false}>
            {pasted.headers}
          </textarea>
        </label>
        <label>
          Body, to the last character
          <textarea name="body" rows={6} maxlength={MAX_API_BODY_BYTES} spellcheck={false}>
            {pasted.body}
          </textarea>
        </label>
        <div class="row-of-fields">
          <label>
            A secret to try (optional)
            <input name="secret" type="password" autocomplete="off" />
          </label>
          <label>
            When it came, UTC (optional)
            <input name="at" value={pasted.at} placeholder="2026-11-27T14:02:00Z" autocomplete="off" />
          </label>
        </div>
        <div class="actions">
          <button type="submit" class="button primary">
            Diagnose
          </button>
        </div>
      </form>
    </details>
  );
}

const CHECKS = { address: "Address", envelope: "Envelope", proof: "Proof", contents: "Contents" } as const;

export function DiagnosisResult({ of }: { of: DiagnosisJson }) {
  const { outcome, failed, passed, why, would_verify: wouldVerify, notes, event } = of;
  const isFine = outcome === "event";
  const key = of.verified_by?.key ?? null;
  return (
    <div class={isFine ? "diagnosis done" : "diagnosis problem"} role="status">
      <p>
        <strong>
          {capital(why)}
          {key !== null && `, by the key ${key}`}.
        </strong>
      </p>
      <ul class="checks">
        {Object.entries(CHECKS).map(([check, name]) => (
          <li>
            {name}:{" "}
            {passed.some((one) => one === check)
              ? "passes"
              : failed?.check === check
                ? failed.reason
                : "not reached"}
          </li>
        ))}
      </ul>
      {wouldVerify.length > 0 && (
        <>
          <p>It would verify, if</p>
          <ul class="would">
            {wouldVerify.map((changes) => (
              <li>{changes.join(" and ")}</li>
            ))}
          </ul>
        </>
      )}
      {outcome === "refused" && wouldVerify.length === 0 && (
        <p>
          Nothing was found under which it would verify. Is the secret another one, or the body not the one
          that was sent, to the last character?
        </p>
      )}
      {notes.map((note) => (
        <p>{capital(note)}.</p>
      ))}
      {event !== null && (
        <p>
          It says: {[event.status, event.amount, event.merchant_reference].filter((part) => part).join(", ")}
        </p>
      )}
    </div>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
