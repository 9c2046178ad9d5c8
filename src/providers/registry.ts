/** Every provider the relay knows: adding one is its file, its line here and a file of cases. */
import { cryptopay } from "./cryptopay.ts";
import { ipay } from "./ipay.ts";
import { iqpay } from "./iqpay.ts";
import { adapter, type Adapter } from "./source.ts";
import { tokenpayments } from "./tokenpayments.ts";

export const providers: readonly Adapter[] = [
  adapter(ipay),
  adapter(cryptopay),
  adapter(iqpay),
  adapter(tokenpayments),
];
