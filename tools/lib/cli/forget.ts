/** `relay forget`: erases what is personal about one payment. */
import { agree } from "./bulk.ts";
import { CliError, EXIT } from "./exit-codes.ts";
import { connecting, type Connected, type Frame } from "./frame.ts";
import { show } from "./io.ts";
import { connect } from "./relay-api.ts";

interface Forgotten {
  readonly payment_id: string;
  readonly events: number;
  readonly dismissed: number;
}

export function addForget(frame: Frame): void {
  const { io } = frame;
  frame.add<Connected<{ readonly force: boolean; readonly yes?: boolean }>>(
    "forget <payment>",
    "Erase what is personal about a payment (pay_…): bodies, callbacks, references; amounts, ids and the order stay",
    (command) =>
      connecting(command)
        .option("--force", "also what is dead, parked or waits for a person: it is dismissed with it", false)
        .option("--yes", "do not ask"),
    async (options, id = "") => {
      if (!/^pay_[0-9a-f]{32}$/.test(id)) throw new CliError(EXIT.usage, `"${id}" is no payment: pay_…`);
      const api = connect(io, options);
      await agree(
        io,
        `What is personal about ${id} is erased at ${api.url.host}, for good. Go on?`,
        options.yes,
      );
      const { force } = options;
      const done = await api.post<Forgotten>(`/api/payments/${id}/forget`, { force });
      show(io, options.json, done, () => {
        const dismissed = done.dismissed === 0 ? "" : `, ${done.dismissed} of them dismissed with it`;
        return done.events === 0
          ? `${id} was forgotten before`
          : `${done.events} events of ${id} are erased${dismissed}`;
      });
    },
    [
      "forget pay_0123456789abcdef0123456789abcdef",
      "forget pay_0123456789abcdef0123456789abcdef --force --yes",
    ],
  );
}
