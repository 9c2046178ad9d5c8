/** What tests use of Node, whose types would otherwise mix with those of workerd. */
declare module "node:sqlite" {
  export type SQLOutputValue = null | number | bigint | string | Uint8Array;
  export type SQLInputValue = SQLOutputValue;

  export class StatementSync {
    all(...parameters: SQLInputValue[]): Record<string, SQLOutputValue>[];
  }

  export class DatabaseSync {
    constructor(path: string);
    exec(statements: string): void;
    prepare(statement: string): StatementSync;
  }
}

declare module "node:timers/promises" {
  export const scheduler: { wait(ms: number, options?: { signal?: AbortSignal }): Promise<void> };
}

declare module "node:crypto" {
  interface Hash {
    update(data: string | Uint8Array): { digest(encoding: "hex" | "base64"): string };
  }
  export function createHash(name: string): Hash;
  export function createHmac(name: string, key: string): Hash;
}
