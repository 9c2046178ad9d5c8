/** The words of a command line as bash reads them: quotes, escapes, `$'…'`; no variables, no substitutions. Pure. */

const ANSI_C: Readonly<Record<string, number>> = {
  n: 10,
  r: 13,
  t: 9,
  "0": 0,
  a: 7,
  b: 8,
  e: 27,
  f: 12,
  v: 11,
};

/** Words as bytes, since `$'\xff'` is a byte and no letter; null when a quote is not closed. */
export function shellWords(line: string): Buffer[] | null {
  const words: Buffer[] = [];
  let word: number[] | null = null;
  let at = 0;
  const add = (text: string) => {
    word ??= [];
    word.push(...Buffer.from(text, "utf8"));
  };
  const end = () => {
    if (word !== null) words.push(Buffer.from(word));
    word = null;
  };
  while (at < line.length) {
    const letter = line[at] ?? "";
    if (line.startsWith("\\\n", at) || line.startsWith("\\\r\n", at)) {
      at = line.indexOf("\n", at) + 1;
    } else if (/\s/.test(letter)) {
      end();
      at += 1;
    } else if (letter === "'" || line.startsWith("$'", at) || letter === '"') {
      const quoted = quotedAt(line, at);
      if (quoted === null) return null;
      word ??= [];
      word.push(...quoted.bytes);
      at = quoted.end;
    } else if (letter === "\\") {
      add(line[at + 1] ?? "");
      at += 2;
    } else {
      const whole = String.fromCodePoint(line.codePointAt(at) ?? 0);
      add(whole);
      at += whole.length;
    }
  }
  end();
  return words;
}

/** What the quotes that begin here hold, and where they have ended. */
function quotedAt(line: string, start: number): { bytes: Buffer; end: number } | null {
  if (line[start] === "'") {
    const end = line.indexOf("'", start + 1);
    return end < 0 ? null : { bytes: Buffer.from(line.slice(start + 1, end), "utf8"), end: end + 1 };
  }
  const isAnsi = line[start] === "$";
  const pattern = isAnsi ? /\$'((?:[^'\\]|\\.)*)'/sy : /"((?:[^"\\]|\\.)*)"/sy;
  pattern.lastIndex = start;
  const inside = pattern.exec(line)?.[1];
  if (inside === undefined) return null;
  const text = isAnsi ? ansiC(inside) : Buffer.from(inside.replaceAll(/\\(["\\$`])|\\\r?\n/g, "$1"), "utf8");
  return { bytes: text, end: pattern.lastIndex };
}

function ansiC(inside: string): Buffer {
  const parts = [...inside.matchAll(/\\x([0-9a-fA-F]{1,2})|\\u([0-9a-fA-F]{1,4})|\\(.)|([^\\]+)/gs)];
  return Buffer.concat(
    parts.map(([, byte, unit, escape, plain]) => {
      if (byte !== undefined) return Buffer.from([Number.parseInt(byte, 16)]);
      if (unit !== undefined) return Buffer.from(String.fromCharCode(Number.parseInt(unit, 16)), "utf8");
      const known = escape === undefined ? undefined : ANSI_C[escape];
      return known === undefined ? Buffer.from(escape ?? plain ?? "", "utf8") : Buffer.from([known]);
    }),
  );
}
