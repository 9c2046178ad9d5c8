/** What is shown as long as nothing has come: the address to give to each provider, and a callback to try. */
import type { RelayConfig } from "../../config/schema.ts";
import { addressesOf } from "../../ingress/locate.ts";
import { Command, Empty } from "./bits.tsx";
import { List } from "./list.tsx";

export interface Start {
  /** `https://relay.example.com` */
  readonly origin: string;
  readonly environment: string;
  /** Sources with the path of their callbacks. */
  readonly sources: readonly { readonly name: string; readonly path: string }[];
}

export function startOf(config: RelayConfig, origin: string): Start {
  const sources = [...config.sources.values()].flatMap((source) =>
    addressesOf(source).map((path) => ({ name: source.name, path })),
  );
  return { origin, environment: config.environment, sources };
}

/** Where each source's callbacks go. */
export function SourceAddresses({ start }: { start: Start }) {
  return (
    <List columns={["Source", "Address of its callbacks"]}>
      {start.sources.map(({ name, path }) => (
        <tr>
          <th scope="row">{name}</th>
          <td>
            <code class="address">{start.origin + path}</code>
          </td>
        </tr>
      ))}
    </List>
  );
}

export function GettingStarted({ start }: { start: Start }) {
  return (
    <Empty title="No callback has come yet.">
      <p>Give each provider the address of its source:</p>
      <SourceAddresses start={start} />
      {start.environment === "development" && (
        <>
          <p>Or simulate one, signed as the provider would:</p>
          <Command of={`npm run simulate -- cryptopay --scenario pending-confirmed --url ${start.origin}`} />
        </>
      )}
      <p>A callback without its proof is refused, which shows that the address is right:</p>
      <Command
        of={`curl -i ${start.origin}${start.sources[0]?.path ?? "/in/…"} -H 'content-type: application/json' -d '{}'`}
      />
    </Empty>
  );
}
