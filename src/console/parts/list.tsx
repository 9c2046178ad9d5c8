/** A list as a table, which scrolls by itself where it is wider than the page. */
import type { Child } from "hono/jsx";

/** The head of a column; `right`: of numbers, which are compared by their ends. */
export type Column = string | { readonly right: string };

interface ListProps {
  readonly columns: readonly Column[];
  /** Classes besides. */
  readonly kind?: string;
  /** `j` and `k` go through its rows. */
  readonly keys?: boolean;
  /** Of the rows' parent, for a script that adds some. */
  readonly id?: string;
  readonly children?: Child;
}

export function List({ columns, kind, keys = false, id, children }: ListProps) {
  return (
    <div class="scroll">
      <table class={kind === undefined ? "list" : `list ${kind}`} data-rows={keys || undefined}>
        <thead>
          <tr>
            {columns.map((column) =>
              typeof column === "string" ? (
                <th scope="col">{column}</th>
              ) : (
                <th scope="col" class="right">
                  {column.right}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody id={id}>{children}</tbody>
      </table>
    </div>
  );
}
