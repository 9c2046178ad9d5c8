/** The configuration in force with its problems, alerts and where they go, keys, operators, shards, and who did what. */
import type { TestedChannel } from "../../api/operations/alert-test.ts";
import type { IncidentJson } from "../../api/operations/alerts.ts";
import type { ConfigurationJson } from "../../api/operations/configuration.ts";
import type { AuditEntryJson } from "../../api/operations/schemas.ts";
import type { SourceJson } from "../../api/operations/sources.ts";
import { AlertChannels } from "../parts/alert-channels.tsx";
import { AlertsTable } from "../parts/alerts-table.tsx";
import { AuditLog } from "../parts/audit-log.tsx";
import { Page, type Frame } from "../parts/layout.tsx";
import { List } from "../parts/list.tsx";
import { LastSeen } from "../parts/sources-table.tsx";
import { bytesText, counted } from "../parts/text.ts";

interface SettingsProps {
  readonly frame: Frame;
  /** `https://relay.example.com` */
  readonly origin: string;
  readonly configuration: ConfigurationJson;
  readonly sources: readonly SourceJson[];
  readonly alerts: readonly IncidentJson[];
  readonly audit: readonly AuditEntryJson[];
  /** Of older entries of the audit; null: there are none. */
  readonly auditCursor: string | null;
  /** What came of a test of the channels of alerts that was just made; null: none was. */
  readonly tested: readonly TestedChannel[] | null;
}

export function Settings(props: SettingsProps) {
  const { frame, origin, configuration, sources, alerts, audit, auditCursor, tested } = props;
  const { version, environment, retention_days: days, tombstone_days: tombstones, shards } = configuration;
  return (
    <Page frame={frame} title="Settings">
      <div class="head">
        <h1>Settings</h1>
        <span class="note">
          psp-relay {version}, {environment}. Events are kept for {counted(days, "day")}, payments remembered
          for {counted(tombstones, "day")}.
        </span>
      </div>
      <Problems problems={configuration.problems} />
      <section aria-labelledby="alerts">
        <h2 id="alerts">Alerts</h2>
        <AlertsTable alerts={alerts} nowMs={frame.nowMs} />
      </section>
      <AlertChannels frame={frame} channels={configuration.alert_channels} tested={tested} />
      <Sources sources={sources} origin={origin} nowMs={frame.nowMs} />
      <Operators configuration={configuration} />
      <Shards shards={shards} />
      <AuditLog audit={audit} cursor={auditCursor} nowMs={frame.nowMs} />
    </Page>
  );
}

function Problems({ problems }: Pick<ConfigurationJson, "problems">) {
  if (problems.length === 0) return null;
  return (
    <section aria-labelledby="problems">
      <h2 id="problems">Problems of the configuration</h2>
      <p class="note">Whatever a problem is about is stopped until it is mended; everything else goes on.</p>
      <ul class="problems">
        {problems.map(({ path, message, about }) => (
          <li>
            <code>{path}</code>: {message}{" "}
            <span class="note">
              ({about.kind}
              {about.name !== undefined && ` ${about.name}`})
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface SourcesProps {
  readonly sources: readonly SourceJson[];
  readonly origin: string;
  readonly nowMs: number;
}

function Sources({ sources, origin, nowMs }: SourcesProps) {
  return (
    <section aria-labelledby="sources">
      <h2 id="sources">Sources</h2>
      <List columns={["Source", "Address of its callbacks", "Last seen", "Verified by"]} kind="flow">
        {sources.map((source) => (
          <tr>
            <th scope="row">{source.name}</th>
            <td>
              {source.addresses.map((path) => (
                <div>
                  <code class="address">{origin + path}</code>
                </div>
              ))}
            </td>
            <td data-name="last seen">
              <LastSeen of={source} nowMs={nowMs} />
            </td>
            <td data-name="verified by">
              {source.verified_by === null ? (
                <span class="none">none</span>
              ) : (
                <code>{source.verified_by}</code>
              )}
            </td>
          </tr>
        ))}
      </List>
    </section>
  );
}

function Operators({ configuration: { operators, access } }: Pick<SettingsProps, "configuration">) {
  return (
    <section aria-labelledby="operators">
      <h2 id="operators">Operators</h2>
      <List columns={["Name", "Role", "Signs in with"]}>
        {operators.map(({ name, role, tokens }) => (
          <tr>
            <th scope="row">{name}</th>
            <td>{role}</td>
            <td>{tokens === 0 ? "no token that is in force" : counted(tokens, "token")}</td>
          </tr>
        ))}
        {access?.operate.map((name) => (
          <tr>
            <th scope="row">{name}</th>
            <td>operate</td>
            <td>Cloudflare Access</td>
          </tr>
        ))}
        {access && (
          <tr>
            <th scope="row">whoever else {access.issuer} lets in</th>
            <td>{access.role}</td>
            <td>Cloudflare Access</td>
          </tr>
        )}
      </List>
    </section>
  );
}

function Shards({ shards }: Pick<ConfigurationJson, "shards">) {
  return (
    <section aria-labelledby="shards">
      <h2 id="shards">Shards</h2>
      <ul class="shards">
        {shards.map(({ name, bytes, limit_bytes: limit }) => (
          <li>
            <code>{name}</code>
            {bytes === null ? (
              <span class="refused-count">does not answer</span>
            ) : (
              <>
                <meter max={limit} value={bytes} aria-label={`Database of shard ${name}`} />
                <span>
                  {bytesText(bytes)} of {bytesText(limit)}
                </span>
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
