/** Types that workerd and browsers have by name and Node only in a module, for `src` under the tools' types. */
import type { webcrypto } from "node:crypto";

declare global {
  type CryptoKey = webcrypto.CryptoKey;
}
