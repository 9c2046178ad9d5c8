/** Who did what, newest first. */
import type { AuditEntryJson } from "../../api/operations/schemas.ts";
import { Empty, Older, Time } from "./bits.tsx";
import { List } from "./list.tsx";

interface AuditProps {
  readonly audit: readonly AuditEntryJson[];
  /** Of older entries; null: there are none. */
  readonly cursor: string | null;
  readonly nowMs: number;
}

export function AuditLog({ audit, cursor, nowMs }: AuditProps) {
  return (
    <section aria-labelledby="audit">
      <h2 id="audit">Who did what</h2>
      {audit.length === 0 ? (
        <Empty title="No order has been given yet.">
          <p>Every order that changes something is written here with its operator's name.</p>
        </Empty>
      ) : (
        <List columns={["When", "Who", "Order", "Of what"]}>
          {audit.map(({ at, actor, action, detail }) => (
            <tr>
              <td>
                <Time at={at} nowMs={nowMs} exact />
              </td>
              <td>{actor}</td>
              <td>{action}</td>
              <td>
                <code class="detail">{detail}</code>
              </td>
            </tr>
          ))}
        </List>
      )}
      {cursor !== null && <Older of="audit" href={`/settings?audit=${encodeURIComponent(cursor)}#audit`} />}
    </section>
  );
}
