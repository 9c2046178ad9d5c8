/** Every preset: adding one is its file, its line here, and its sample and cases (docs/adding-a-provider.md#a-preset). */
import { adyen } from "./adyen.ts";
import { bitpay } from "./bitpay.ts";
import { btcpay } from "./btcpay.ts";
import { checkoutCom } from "./checkout-com.ts";
import { coinbaseCommerce } from "./coinbase-commerce.ts";
import { coingate, coingateOrder } from "./coingate.ts";
import { coinify } from "./coinify.ts";
import { coinpayments } from "./coinpayments.ts";
import { coinspaid } from "./coinspaid.ts";
import { cryptomus } from "./cryptomus.ts";
import { cryptopayMe } from "./cryptopay-me.ts";
import { flutterwave, flutterwaveV3 } from "./flutterwave.ts";
import { nowpayments } from "./nowpayments.ts";
import { opennode } from "./opennode.ts";
import { oxapay } from "./oxapay.ts";
import { paddle } from "./paddle.ts";
import { paystack } from "./paystack.ts";
import { plisio } from "./plisio.ts";
import { praxis } from "./praxis.ts";
import type { Preset } from "./preset.ts";
import { razorpay } from "./razorpay.ts";
import { standardWebhooks, svix } from "./standard-webhooks.ts";
import { stripe } from "./stripe.ts";

export const presets: readonly Preset[] = [
  adyen,
  bitpay,
  btcpay,
  checkoutCom,
  coinbaseCommerce,
  coingate,
  coingateOrder,
  coinify,
  coinpayments,
  coinspaid,
  cryptomus,
  cryptopayMe,
  flutterwave,
  flutterwaveV3,
  nowpayments,
  opennode,
  oxapay,
  paddle,
  paystack,
  plisio,
  praxis,
  razorpay,
  standardWebhooks,
  stripe,
  svix,
];
