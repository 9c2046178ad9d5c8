/** An order that changes something: a button, and a dialog that says what will happen and asks once. */
import type { Child } from "hono/jsx";

interface OrderProps {
  /** Unique on its page. */
  readonly id: string;
  /** On the button, and the title of the dialog. */
  readonly label: string;
  readonly action: string;
  /** On the button that gives the order. */
  readonly confirm: string;
  readonly danger?: boolean;
  /** A key that opens the dialog (`console.client.js`). */
  readonly shortcut?: string;
  readonly fields?: Readonly<Record<string, string>>;
  /** What will happen, and further fields. */
  readonly children: Child;
}

export function Order({
  id,
  label,
  action,
  confirm,
  danger = false,
  shortcut,
  fields = {},
  children,
}: OrderProps) {
  return (
    <>
      <button
        type="button"
        class={danger ? "button danger" : "button"}
        data-opens={id}
        data-shortcut={shortcut}
        aria-haspopup="dialog"
      >
        {label}
      </button>
      <dialog id={id} aria-labelledby={`${id}-title`}>
        <form method="post" action={action}>
          <h2 id={`${id}-title`}>{label}</h2>
          {Object.entries(fields).map(([name, value]) => (
            <input type="hidden" name={name} value={value} />
          ))}
          {children}
          <div class="actions">
            <button type="button" class="button" data-closes>
              Cancel
            </button>
            <button type="submit" class={danger ? "button primary danger" : "button primary"}>
              {confirm}
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}
