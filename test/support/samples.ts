/**
 * The sample requests of docs/providers.md as requests: their curl lines, read as a shell would read them.
 * Pure; understands what the samples use (quotes, continued lines, variables) and nothing more.
 */

export interface SampleRequest {
  readonly method: "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A shell block of the document that ends in a curl command. */
export interface Sample {
  /** The provider, by the path it posts to. */
  readonly provider: string;
  readonly script: string;
}

/** Every sample of the document, in its order. */
export function samplesOf(markdown: string): Sample[] {
  return [...markdown.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, script = ""]) => {
    const provider = /^curl .*\/in\/([a-z]+)\//m.exec(script)?.[1];
    return provider === undefined ? [] : [{ provider, script }];
  });
}

/** Shell variables that a script sets to a text in single quotes. */
export function textsOf(script: string): Record<string, string> {
  return Object.fromEntries(
    [...script.matchAll(/^(\w+)='([^']*)'$/gm)].map(([, name = "", text = ""]) => [name, text]),
  );
}

/** The request of the script's curl command, with these variables. */
export function requestOf(script: string, variables: Readonly<Record<string, string>>): SampleRequest {
  const command = script.slice(script.search(/^curl /m));
  const words = [...command.replaceAll("\\\n", " ").matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) =>
      single ?? (double ?? bare ?? "").replace(/\$(\w+)/g, (_, name: string) => variables[name] ?? ""),
  );
  return fromArguments(words.slice(1));
}

/** What curl would send for these arguments. */
export function fromArguments(words: readonly string[]): SampleRequest {
  const after = (flag: string) => words.flatMap((word, i) => (words[i - 1] === flag ? [word] : []));
  const url = words.find((word) => word.startsWith("http://"));
  const [body] = after("-d");
  if (url === undefined || body === undefined) throw new Error(`no address or no body: ${words.join(" ")}`);
  const headers = after("-H").map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  return { method: "POST", path: new URL(url).pathname, headers: Object.fromEntries(headers), body };
}
