/**
 * The dead-letter queue: messages we failed to process a hundred times. Our bug or our outage, never the
 * receiver's refusal, which is a row in the Inbox. The delivery of such a message is still owed and the
 * sweep goes on handing it over: nothing is lost with the message, but a person has to find the cause.
 */
import type { InboxClient } from "../inbox/client.ts";
import { raiseOnce } from "../inbox/raising.ts";
import { readReference } from "./reference.ts";

export async function consumeDead(
  messages: readonly Pick<Message, "id" | "body" | "ack">[],
  inbox: InboxClient,
): Promise<void> {
  for (const message of messages) {
    const reference = readReference(message.body);
    await raiseOnce(inbox, "dead_letter_queue", {
      message: message.id,
      event: reference?.event,
      destination: reference?.destination,
      shard: reference?.shard,
    });
    message.ack();
  }
}
