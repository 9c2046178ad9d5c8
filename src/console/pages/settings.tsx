/** The configuration in force with its problems, alerts and where they go, keys, operators, shards, and who did what. */
import type { TestedChannel } from "../../api/operations/alert-test.ts";
import type { IncidentJson } from "../../api/operations/alerts.ts";
import type { ConfigurationJson } from "../../api/operations/configuration.ts";
import type { AuditEntryJson } from "../../api/operations/schemas.ts";
import type { SourceJson } from "../../api/operations/sources.ts";
import { AlertsTable } from "../parts/alerts-table.tsx";
import { Empty, Time } from "../parts/bits.tsx";
import { Page, type Frame } from "../parts/layout.tsx";
import { Order } from "../parts/order.tsx";
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
      <Channels frame={frame} channels={configuration.alert_channels} tested={tested} />
      <Sources sources={sources} origin={origin} nowMs={frame.nowMs} />
      <Operators configuration={configuration} />
      <Shards shards={shards} />
      <Audit audit={audit} cursor={auditCursor} nowMs={frame.nowMs} />
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

interface ChannelsProps {
  readonly frame: Frame;
  readonly channels: ConfigurationJson["alert_channels"];
  readonly tested: SettingsProps["tested"];
}

function Channels({ frame, channels, tested }: ChannelsProps) {
  return (
    <section aria-labelledby="channels">
      <h2 id="channels">Where alerts go</h2>
      {channels.length === 0 ? (
        <Empty title="To the log alone.">
          <p>
            Add <code>[vars.RELAY.alert_channels.team]</code> to the variable <code>RELAY</code> to be told in
            Slack, in Telegram or by PagerDuty.
          </p>
        </Empty>
      ) : (
        <ul>
          {channels.map(({ name, kind, severities }) => (
            <li>
              {name}
              {tested
                ?.filter((one) => one.name === name)
                .map((one) => (
                  <>: {wordsOf(one)}</>
                ))}{" "}
              <span class="note">
                {kind ?? "held: its configuration has a problem"}, {severities.join(", ")}
              </span>
            </li>
          ))}
        </ul>
      )}
      {channels.length > 0 && frame.operator.role === "operate" && (
        <div class="orders">
          <Order id="test-alerts" label="Send a test…" action="/settings/test-alerts" confirm="Send it">
            <p>Sends each of them a test, and that it is over, whatever its severities.</p>
          </Order>
        </div>
      )}
    </section>
  );
}

function wordsOf({ delivered, status, error, answer }: TestedChannel): string {
  if (delivered) return "the test has arrived";
  return ["the test has not arrived", status ?? error, answer].filter((part) => part).join(", ");
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
      <div class="scroll">
        <table class="list flow">
          <thead>
            <tr>
              <th scope="col">Source</th>
              <th scope="col">Address of its callbacks</th>
              <th scope="col">Last seen</th>
              <th scope="col">Verified by</th>
            </tr>
          </thead>
          <tbody>
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
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Operators({ configuration: { operators, access } }: Pick<SettingsProps, "configuration">) {
  return (
    <section aria-labelledby="operators">
      <h2 id="operators">Operators</h2>
      <div class="scroll">
        <table class="list">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Role</th>
              <th scope="col">Signs in with</th>
            </tr>
          </thead>
          <tbody>
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
          </tbody>
        </table>
      </div>
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

interface AuditProps {
  readonly audit: readonly AuditEntryJson[];
  readonly cursor: string | null;
  readonly nowMs: number;
}

function Audit({ audit, cursor, nowMs }: AuditProps) {
  return (
    <section aria-labelledby="audit">
      <h2 id="audit">Who did what</h2>
      {audit.length === 0 ? (
        <Empty title="No order has been given yet.">
          <p>Every order that changes something is written here with its operator's name.</p>
        </Empty>
      ) : (
        <div class="scroll">
          <table class="list">
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Who</th>
                <th scope="col">Order</th>
                <th scope="col">Of what</th>
              </tr>
            </thead>
            <tbody>
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
            </tbody>
          </table>
        </div>
      )}
      {cursor !== null && (
        <nav class="more" aria-label="Pages of the audit">
          <a rel="next" href={`/settings?audit=${encodeURIComponent(cursor)}#audit`}>
            Older
          </a>
        </nav>
      )}
    </section>
  );
}
