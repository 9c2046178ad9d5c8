/**
 * While a deploy spreads, and for as long as an object stays in memory afterwards, Workers of one release talk
 * to objects of the one before, and the other way round. A change that does not compile here has to be made in
 * two releases, as docs/storage.md#changing-what-worker-and-object-say says.
 */
import { describe, expect, expectTypeOf, it } from "vitest";
import { Inbox } from "../../../src/inbox/inbox.ts";
import { METHODS, type Rpc } from "./0.2.0.ts";

/** The same methods as they are now, as functions: of methods, TypeScript compares the arguments less strictly. */
type Now = { [Name in keyof Rpc]: (...input: Parameters<Inbox[Name]>) => ReturnType<Inbox[Name]> };

describe("Workers and objects of 0.2.0 and of this release", () => {
  it("understand each other both ways", () => {
    expectTypeOf<Now>().toExtend<Rpc>();
    expectTypeOf<Rpc>().toExtend<Now>();
    for (const name of METHODS) expect(Inbox.prototype[name]).toBeTypeOf("function");
  });
});
