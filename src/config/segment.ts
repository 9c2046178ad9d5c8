/** Names that become part of an address: one plain segment, so that an address has exactly one spelling. */
import { z } from "zod";

export const segment = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be a plain name (A-Z a-z 0-9 . _ -)");
