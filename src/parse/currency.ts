/**
 * Currencies: ISO 4217 minor units, provider tickers, names of chains.
 *
 * Promises: tables, no guesses. An unknown currency has no exponent (never "probably two"), an
 * unknown ticker stays whole, an unknown chain keeps its own name. All input is held to ASCII
 * before it is upper-cased: `uſd` upper-cases to `USD`, and must not be it.
 * Does not know which coin on which chain an account accepts: that is configuration (`networks`, docs/providers.md#every-account).
 */

/**
 * ISO 4217 list one, published 2026-01-01 (SIX, the maintenance agency), by minor units. Codes
 * whose minor unit is "N.A." (XAU, XDR, XXX …) are left out.
 */
const ISO_4217: readonly (readonly [exponent: number, codes: string])[] = [
  [0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"],
  [
    2,
    `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
     CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
     GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL
     MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
     PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
     TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG`,
  ],
  [3, "BHD IQD JOD KWD LYD OMR TND"],
  [4, "CLF UYW"],
];

const MINOR_UNITS: ReadonlyMap<string, number> = new Map(
  ISO_4217.flatMap(([exponent, codes]) => words(codes).map((code) => [code, exponent] as const)),
);

/** Network id, the names providers give it, and the coin that exists on it and nowhere else. */
const NETWORKS: readonly (readonly [id: string, names: string, coin?: string])[] = [
  ["bitcoin", "BTC BITCOIN", "BTC"],
  ["lightning", "LN LIGHTNING BTCLN"],
  ["ethereum", "ETH ERC20 ERC-20 ETHEREUM", "ETH"],
  ["tron", "TRX TRC20 TRC-20 TRON", "TRX"],
  ["bsc", "BSC BNB BEP20 BEP-20", "BNB"],
  // No coin: POL and MATIC are traded on Ethereum as well.
  ["polygon", "MATIC POL POLYGON"],
  ["solana", "SOL SPL SOLANA", "SOL"],
  ["litecoin", "LTC LITECOIN", "LTC"],
  ["dogecoin", "DOGE DOGECOIN", "DOGE"],
  ["ripple", "XRP XRPL RIPPLE", "XRP"],
  ["bitcoin-cash", "BCH BITCOINCASH BITCOIN-CASH BITCOIN_CASH", "BCH"],
  ["dash", "DASH", "DASH"],
  ["zcash", "ZEC ZCASH", "ZEC"],
  ["monero", "XMR MONERO", "XMR"],
  ["cardano", "ADA CARDANO", "ADA"],
  ["polkadot", "DOT POLKADOT", "DOT"],
  ["stellar", "XLM STELLAR", "XLM"],
  ["cosmos", "ATOM COSMOS", "ATOM"],
  ["ton", "TON TONCOIN", "TON"],
  ["avalanche", "AVAX AVAXC AVALANCHE", "AVAX"],
  ["ethereum-classic", "ETC ETHEREUMCLASSIC ETHEREUM-CLASSIC ETHEREUM_CLASSIC", "ETC"],
  ["algorand", "ALGO ALGORAND", "ALGO"],
  ["tezos", "XTZ TEZOS", "XTZ"],
  ["near", "NEAR", "NEAR"],
  ["arbitrum", "ARB ARBITRUM"],
  ["optimism", "OP OPTIMISM"],
  ["base", "BASE"],
];

const NETWORK_OF: ReadonlyMap<string, string> = new Map(
  NETWORKS.flatMap(([id, names]) => words(names).map((name) => [name, id] as const)),
);

const NATIVE_NETWORK: ReadonlyMap<string, string> = new Map(
  NETWORKS.flatMap(([id, , coin]) => (coin === undefined ? [] : [[coin, id] as const])),
);

/** Tokens that live on several chains, so that providers join the chain to the ticker. */
const TOKENS = words("USDT USDC DAI BUSD TUSD FDUSD PYUSD USDD USDP");

/**
 * Chain suffixes as they are written behind a token. OP is missing where nothing separates it:
 * USDCOP and USDTOP are also pairs of ISO codes (pesos, paʻanga).
 */
const JOINED_SUFFIXES = words(
  "TRC20 TRON TRX ERC20 ETH BEP20 BSC MATIC POLYGON SOL SPL TON AVAXC AVAX ARB ARBITRUM OPTIMISM BASE",
);
const SEPARATED_SUFFIXES = [...JOINED_SUFFIXES, "OP"];

const JOINED_TICKERS: ReadonlyMap<string, { readonly currency: string; readonly network: string }> = new Map(
  [
    ...TOKENS.flatMap((token) => [
      ...JOINED_SUFFIXES.map((suffix) => [token + suffix, token, suffix] as const),
      ...SEPARATED_SUFFIXES.map((suffix) => [`${token}.${suffix}`, token, suffix] as const),
    ]),
    ["BNBBSC", "BNB", "BSC"] as const,
    ["BNB.BSC", "BNB", "BSC"] as const,
    ["AVAXC", "AVAX", "AVAXC"] as const,
    ["BTCLN", "BTC", "LN"] as const,
    ["BTC.LN", "BTC", "LN"] as const,
  ].flatMap(([ticker, currency, chain]) => {
    const network = NETWORK_OF.get(chain);
    return network === undefined ? [] : [[ticker, { currency, network }] as const];
  }),
);

const KNOWN_TICKERS: ReadonlySet<string> = new Set([
  ...MINOR_UNITS.keys(),
  ...NATIVE_NETWORK.keys(),
  ...TOKENS,
  ...words("MATIC POL WBTC WETH SHIB LINK UNI EURC EURS ARB OP"),
]);

/**
 * Decimal places of an active ISO 4217 code in either case (JPY 0, USD 2, KWD 3, CLF 4); null when
 * it is none, is withdrawn, or has no minor unit. By the standard, not by a provider's habits:
 * Stripe counts ISK and UGX in hundredths.
 */
export function minorUnitExponent(isoCode: string): number | null {
  return /^[A-Za-z]{3}$/.test(isoCode) ? (MINOR_UNITS.get(isoCode.toUpperCase()) ?? null) : null;
}

/**
 * The currency a provider's ticker names, and the chain if the ticker names it too: `usdttrc20`,
 * `USDT.TRC20`, `USDT_TRC20` and `USDT-TRC20` are USDT on `tron`.
 *
 * A well-formed ticker that no table knows is kept whole with the warning `unknown_ticker`;
 * null when it is not even well-formed.
 */
export function splitTicker(raw: string): {
  readonly currency: string;
  readonly network?: string;
  readonly warning?: "unknown_ticker";
} | null {
  // A ticker has twelve at most, and what is joined one more: FDUSDARBITRUM.
  if (!/^[A-Za-z0-9]{2,13}(?:[._-][A-Za-z0-9]{2,12})?$/.test(raw)) return null;
  const ticker = raw.toUpperCase();
  const joined = JOINED_TICKERS.get(ticker.replace(/[_-]/, "."));
  if (joined !== undefined) return joined;
  if (KNOWN_TICKERS.has(ticker)) return { currency: ticker };
  return /^[A-Z0-9]{2,12}$/.test(ticker) ? { currency: ticker, warning: "unknown_ticker" } : null;
}

/**
 * The network id of a provider's chain name in any case: `MATIC` gives `polygon`, `ERC20` gives
 * `ethereum`. An unknown name of 2 to 32 of `A-Za-z0-9_-` is lower-cased and kept; null otherwise.
 */
export function networkOf(chain: string): string | null {
  if (!/^[A-Za-z0-9_-]{2,32}$/.test(chain)) return null;
  return NETWORK_OF.get(chain.toUpperCase()) ?? chain.toLowerCase();
}

/**
 * The chain a coin is native to (`BTC` gives `bitcoin`); null for tokens (USDT) and for coins that
 * are traded on a second chain under the same ticker (POL). Takes what `splitTicker` returned.
 */
export function nativeNetwork(currency: string): string | null {
  return NATIVE_NETWORK.get(currency) ?? null;
}

function words(text: string): readonly string[] {
  return text.split(/\s+/);
}
