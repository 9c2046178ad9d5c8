/** Where alerts go, and a test of it. */
import type { TestedChannel } from "../../api/operations/alert-test.ts";
import type { ConfigurationJson } from "../../api/operations/configuration.ts";
import { Empty } from "./bits.tsx";
import type { Frame } from "./layout.tsx";
import { Order } from "./order.tsx";

interface ChannelsProps {
  readonly frame: Frame;
  readonly channels: ConfigurationJson["alert_channels"];
  /** What came of a test of them that was just made; null: none was. */
  readonly tested: readonly TestedChannel[] | null;
}

export function AlertChannels({ frame, channels, tested }: ChannelsProps) {
  return (
    <section aria-labelledby="channels">
      <h2 id="channels">Where alerts go</h2>
      {channels.length === 0 ? (
        <Empty title="To the log alone.">
          <p>
            Add <code>[vars.RELAY.alert_channels.team]</code> to the variable <code>RELAY</code> to be told in
            Slack or Telegram, by PagerDuty or by e-mail.
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
