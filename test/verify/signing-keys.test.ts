/** Keys of Standard Webhooks: one form each, the lengths the specification allows and no other. */
import { describe, expect, it } from "vitest";
import { toBase64 } from "../../src/parse/encoding.ts";
import { ed25519SeedOf, hmacKeyOf } from "../../src/verify/signing-keys.ts";

const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => i + 1);
const secret = (value: string) => ({ id: "k", value });
const written = (prefix: string, length: number) => secret(`${prefix}${toBase64(bytes(length))}`);

describe("a key of v1", () => {
  it.each([24, 25, 32, 63, 64])("of %i bytes is read", (length) => {
    expect(hmacKeyOf(written("whsec_", length))).toEqual(bytes(length));
  });

  it.each([0, 23, 65, 128])("of %i bytes is none", (length) => {
    expect(hmacKeyOf(written("whsec_", length))).toBeNull();
  });

  it.each([
    toBase64(bytes(32)),
    `whsk_${toBase64(bytes(32))}`,
    `WHSEC_${toBase64(bytes(32))}`,
    `${toBase64(bytes(33))}whsec_`,
    "whsec_!",
    "",
  ])("%j is none", (value) => {
    expect(hmacKeyOf(secret(value))).toBeNull();
  });
});

describe("a key of v1a", () => {
  it.each([32, 64])("of %i bytes is read as its seed", (length) => {
    expect(ed25519SeedOf(written("whsk_", length))).toEqual(bytes(32));
  });

  it.each([0, 31, 33, 63, 65])("of %i bytes is none", (length) => {
    expect(ed25519SeedOf(written("whsk_", length))).toBeNull();
  });

  it.each([
    toBase64(bytes(32)),
    `whsec_${toBase64(bytes(32))}`,
    // The public half, which is of the same length.
    `whpk_${toBase64(bytes(32))}`,
    `${toBase64(bytes(27))}whsk_`,
    "whsk_!",
    "",
  ])("%j is none", (value) => {
    expect(ed25519SeedOf(secret(value))).toBeNull();
  });
});
