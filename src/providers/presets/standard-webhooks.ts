/** Whoever signs by the Standard Webhooks specification, and Svix, which names the headers its own way. */
import type { Preset } from "./preset.ts";

function signedBy(name: string, title: string, prefix: string): Preset {
  return {
    name,
    tested: name === "standard_webhooks" ? "published vector" : "vendor's library",
    note: "The specification says how messages are signed, not what they say: every event is provider.event until a provider that extends this one says what its words mean.",
    written: {
      title,
      verify: {
        alg: "hmac-sha256",
        key: "whsec",
        encoding: "base64",
        sig: `header:${prefix}-signature`,
        format: "list:v1",
        content: `{header:${prefix}-id}.{header:${prefix}-timestamp}.{raw}`,
        time: { from: `header:${prefix}-timestamp` },
      },
      event: "json:/type | text:message",
      event_id: `header:${prefix}-id`,
      event_key: [`header:${prefix}-id`],
      subject_key: [`header:${prefix}-id`],
      status: { at: "json:/type", map: {} },
      occurred_at: { at: "json:/timestamp" },
      retries: "after 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h, as the specification recommends",
    },
  };
}

export const standardWebhooks = signedBy("standard_webhooks", "Standard Webhooks", "webhook");
export const svix = signedBy("svix", "Svix", "svix");
