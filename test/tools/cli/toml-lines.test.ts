/** A setting's path and the line it stands on. */
import { expect, it } from "vitest";
import { readToml, TomlError } from "../../../tools/lib/cli/toml-lines.ts";

const FILE = `# a comment
name = "x"

[sources.ipay.eu]
secrets = [
  "A",
  { name = "B", id = "2" },
]
options.depth = 1

[[queues]]
name = "one"
[[queues]]
name = "two"
`;

it.each([
  [["name"], 2],
  [["sources"], 4],
  [["sources", "ipay", "eu"], 4],
  [["sources", "ipay", "eu", "secrets"], 5],
  [["sources", "ipay", "eu", "secrets", 0], 6],
  [["sources", "ipay", "eu", "secrets", "1", "id"], 7],
  [["sources", "ipay", "eu", "options", "depth"], 9],
  [["queues", 1, "name"], 14],
  // What is missing is to be looked for at the table it is missing in.
  [["sources", "ipay", "eu", "token_at"], 4],
  [["sources", "cryptopay", "eu"], 4],
  [["destinations", "crm"], null],
])("%j stands on line %s", (path, line) => {
  expect(readToml(FILE).lineOf(path)).toBe(line);
});

it("reads the values as well", () => {
  expect(readToml(FILE).value).toMatchObject({ name: "x", queues: [{ name: "one" }, { name: "two" }] });
});

it("says on which line a file stops being TOML", () => {
  const read = () => readToml('a = 1\nb = "open\n');
  expect(read).toThrow(TomlError);
  expect(read).toThrow(expect.objectContaining({ line: 2 }));
});
