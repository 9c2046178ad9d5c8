/** Incidents: what operators were told of, or would have been, in the order they are given. */
import type { IncidentJson } from "../../api/operations/alerts.ts";
import { Empty, Time } from "./bits.tsx";
import { List } from "./list.tsx";
import { countText } from "./text.ts";

const SHAPES = { critical: "dead", warning: "parked", info: "pending" } as const;

export function AlertsTable({ alerts, nowMs }: { alerts: readonly IncidentJson[]; nowMs: number }) {
  if (alerts.length === 0)
    return (
      <Empty title="No alert has been raised.">
        <p>What a person should know is listed here, from its beginning to its end.</p>
      </Empty>
    );
  return (
    <List columns={["Alert", "About", "Severity", "State", { right: "Raised" }, "Begun", "Last", "Message"]}>
      {alerts.map(({ about, subject, severity, state, opened_at: at, last_at: last, count, sent }) => (
        <tr>
          <th scope="row">
            <code>{about}</code>
          </th>
          <td>{subject === "" ? <span class="none">the whole</span> : subject}</td>
          <td>{severity}</td>
          <td>
            <span class={`state state-${state === "open" ? SHAPES[severity] : "delivered"}`}>{state}</span>
          </td>
          <td class="right" data-name="raised">
            {countText(count)}
          </td>
          <td data-name="begun">
            <Time at={at} nowMs={nowMs} />
          </td>
          <td data-name="last">
            <Time at={last} nowMs={nowMs} />
          </td>
          <td>{sent ? "sent" : <span class="none">not sent</span>}</td>
        </tr>
      ))}
    </List>
  );
}
