/** The configuration in force, and who did what. */
import type { TestedChannel } from "../../api/operations/alert-test.ts";
import type { AuditEntryJson } from "../../api/operations/schemas.ts";
import { Empty, Time } from "../parts/bits.tsx";
import { Page, type Frame } from "../parts/layout.tsx";
import { Order } from "../parts/order.tsx";
import { SourceAddresses, type Start } from "../parts/getting-started.tsx";

interface SettingsProps {
  readonly frame: Frame;
  /** What is wrong with the configuration, in words. */
  readonly problems: readonly string[];
  readonly audit: readonly AuditEntryJson[];
  readonly start: Start;
  /** Destinations of alerts, by their names. */
  readonly channels: readonly string[];
  /** What came of a test of them that was just made; null: none was. */
  readonly tested: readonly TestedChannel[] | null;
}

export function Settings({ frame, problems, audit, start, channels, tested }: SettingsProps) {
  return (
    <Page frame={frame} title="Settings">
      <h1>Settings</h1>
      {frame.problems.length > 0 && (
        <section aria-labelledby="problems">
          <h2 id="problems">Problems of the configuration</h2>
          <p class="note">
            Whatever a problem is about is stopped until it is mended; everything else goes on.
          </p>
          <ul class="problems">
            {frame.problems.map((problem) => (
              <li>{problem}</li>
            ))}
          </ul>
        </section>
      )}
      {problems.length > 0 && (
        <section aria-labelledby="problems">
          <h2 id="problems">Problems of the configuration</h2>
          <p class="note">Each stops only what it is about. Everything else goes on.</p>
          <ul>
            {problems.map((problem) => (
              <li>{problem}</li>
            ))}
          </ul>
        </section>
      )}
      <section aria-labelledby="sources">
        <h2 id="sources">Sources</h2>
        <div class="scroll">
          <SourceAddresses start={start} />
        </div>
      </section>
      <Channels frame={frame} channels={channels} tested={tested} />
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
                      <Time at={at} nowMs={frame.nowMs} exact />
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
      </section>
    </Page>
  );
}

function Channels({ frame, channels, tested }: Pick<SettingsProps, "frame" | "channels" | "tested">) {
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
          {channels.map((name) => (
            <li>
              {name}
              {tested
                ?.filter((one) => one.name === name)
                .map((one) => (
                  <>: {wordsOf(one)}</>
                ))}
            </li>
          ))}
        </ul>
      )}
      {channels.length > 0 && frame.operator.role === "operate" && (
        <Order id="test-alerts" label="Send a test…" action="/settings/test-alerts" confirm="Send it">
          <p>Sends each of them a test, and that it is over, whatever its severities.</p>
        </Order>
      )}
    </section>
  );
}

function wordsOf({ delivered, status, error, answer }: TestedChannel): string {
  if (delivered) return "the test has arrived";
  return ["the test has not arrived", status ?? error, answer].filter((part) => part).join(", ");
}
