/** What was refused: by source and reason, newest first, with what it usually means. */
import type { RefusedGroupJson, RefusedJson } from "../../api/operations/refused.ts";
import type { DiagnosisJson } from "../../api/operations/diagnose.ts";
import type { SourceJson } from "../../api/operations/sources.ts";
import { CONSOLE_REFUSED_HEAD_CHARS } from "../../limits.ts";
import { Empty, Time } from "../parts/bits.tsx";
import { DiagnoseForm, DiagnosisResult, type Pasted } from "../parts/diagnosis.tsx";
import { lastSuccessText, PROOFS } from "../parts/last-success.ts";
import { Page, type Frame } from "../parts/layout.tsx";
import { List } from "../parts/list.tsx";
import { countText } from "../parts/text.ts";
import { REFUSALS } from "../parts/words.ts";

interface RefusedProps {
  readonly frame: Frame;
  readonly groups: readonly RefusedGroupJson[];
  readonly newest: readonly RefusedJson[];
  /** The source that is looked at alone. */
  readonly source: string | undefined;
  readonly sources: readonly SourceJson[];
  readonly diagnosed: Diagnosed | null;
}

/** A callback that was pasted, and what came of it. */
export interface Diagnosed {
  /** The form it was pasted into. */
  readonly form: string;
  readonly pasted: Pasted;
  readonly diagnosis: DiagnosisJson;
}

export function Refused({ frame, groups, newest, source, sources, diagnosed }: RefusedProps) {
  const bySource = [...Map.groupBy(groups, (group) => group.source)];
  return (
    <Page frame={frame} title="Refused">
      <div class="head">
        <h1>Refused</h1>
        {source !== undefined && (
          <span>
            of {source} · <a href="/refused">all sources</a>
          </span>
        )}
      </div>
      <p class="note">
        A refused callback is not stored as an event. Of each source and reason the newest are kept, with the
        beginning of the body; secrets and request headers are not.
      </p>
      {groups.length === 0 && (
        <Empty title="Nothing was refused lately.">
          <p>
            A wrong secret on the first day is seen here: the provider's callbacks come, and their proof does
            not fit.
          </p>
        </Empty>
      )}
      {bySource.map(([name, ofSource]) => (
        <Source
          name={name}
          groups={ofSource}
          newest={newest.filter((one) => one.source === name)}
          known={sources.find((one) => one.name === name)}
          diagnosed={diagnosed}
          frame={frame}
        />
      ))}
    </Page>
  );
}

interface SourceProps {
  readonly name: string | null;
  readonly groups: readonly RefusedGroupJson[];
  readonly newest: readonly RefusedJson[];
  readonly known: SourceJson | undefined;
  readonly diagnosed: Diagnosed | null;
  readonly frame: Frame;
}

function Source({ name, groups, newest, known, diagnosed, frame }: SourceProps) {
  return (
    <section>
      <h2>{name === null ? "At addresses of no source" : <a href={sourceHref(name)}>{name}</a>}</h2>
      {groups.map((group) => (
        <Group
          group={group}
          newest={newest.filter(({ reason }) => reason === group.reason)}
          known={known}
          diagnosed={diagnosed}
          frame={frame}
        />
      ))}
    </section>
  );
}

const sourceHref = (name: string) => `/refused?source=${encodeURIComponent(name)}`;

interface GroupProps {
  readonly group: RefusedGroupJson;
  readonly newest: readonly RefusedJson[];
  readonly known: SourceJson | undefined;
  readonly diagnosed: Diagnosed | null;
  readonly frame: Frame;
}

function Group({ group, newest, known, diagnosed, frame }: GroupProps) {
  const { source, reason, count, first_at: firstAt } = group;
  const success = lastSuccessText(group, newest, known, frame.nowMs);
  const form = `diagnose-${(source ?? "none").replaceAll("/", "-")}-${reason}`;
  const its = diagnosed?.form === form ? diagnosed : null;
  return (
    <div class="card">
      <h3>
        {countText(count)} × <code>{reason}</code> since <Time at={firstAt} nowMs={frame.nowMs} exact />
      </h3>
      <p>{REFUSALS[reason]}</p>
      {success !== null && <p class="surge">{success}</p>}
      {its !== null && <DiagnosisResult of={its.diagnosis} />}
      {(PROOFS.has(reason) || reason === "route") && frame.operator.role === "operate" && (
        <DiagnoseForm id={form} pasted={its?.pasted ?? keptOf(newest[0], known)} open={its !== null} />
      )}
      <List columns={["When", "From", "Type", { right: "Bytes" }, "Beginning of the body"]}>
        {newest.map((one) => (
          <tr>
            <th scope="row">
              <Time at={one.at} nowMs={frame.nowMs} />
            </th>
            <td>{one.address}</td>
            <td>{one.content_type ?? <span class="none">none</span>}</td>
            <td class="right" data-name="bytes">
              {one.bytes === null ? <span class="none">not read</span> : countText(one.bytes)}
            </td>
            <td>
              {one.detail !== null && <code class="detail">{one.detail} </code>}
              {one.head === null ? <span class="none">not shown</span> : <Head of={one.head} />}
            </td>
          </tr>
        ))}
      </List>
    </div>
  );
}

/** What the relay has of a refused callback: the beginning of its body, where that was all of it, and its type. */
function keptOf(one: RefusedJson | undefined, known: SourceJson | undefined): Pasted {
  const isWhole = one !== undefined && one.head !== null && one.bytes === one.head.length;
  return {
    url: known?.addresses[0] ?? "/in/",
    headers: one?.content_type ? `content-type: ${one.content_type}\n` : "",
    body: isWhole ? (one.head ?? "") : "",
    at: one?.at ?? "",
  };
}

/** One line of it, and the rest on demand: what many have in common is seen at a glance. */
function Head({ of }: { of: string }) {
  if (of.length <= CONSOLE_REFUSED_HEAD_CHARS) return <code class="detail">{of}</code>;
  return (
    <details class="clip">
      <summary>
        <code>{of.slice(0, CONSOLE_REFUSED_HEAD_CHARS)}…</code>
      </summary>
      <code class="detail">{of}</code>
    </details>
  );
}
