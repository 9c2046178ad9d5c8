import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { money } from "../../src/event.ts";
import { minorUnitExponent, nativeNetwork, networkOf, splitTicker } from "../../src/parse/currency.ts";

/** Every network that events name, with the names providers give it and the coin that exists on it alone. */
const NETWORKS: readonly (readonly [id: string, names: readonly string[], coin: string | null])[] = [
  ["bitcoin", ["BTC", "BITCOIN"], "BTC"],
  ["lightning", ["LN", "LIGHTNING", "BTCLN"], null],
  ["ethereum", ["ETH", "ERC20", "ERC-20", "ETHEREUM"], "ETH"],
  ["tron", ["TRX", "TRC20", "TRC-20", "TRON"], "TRX"],
  ["bsc", ["BSC", "BNB", "BEP20", "BEP-20"], "BNB"],
  ["polygon", ["MATIC", "POL", "POLYGON"], null],
  ["solana", ["SOL", "SPL", "SOLANA"], "SOL"],
  ["litecoin", ["LTC", "LITECOIN"], "LTC"],
  ["dogecoin", ["DOGE", "DOGECOIN"], "DOGE"],
  ["ripple", ["XRP", "XRPL", "RIPPLE"], "XRP"],
  ["bitcoin-cash", ["BCH", "BITCOINCASH", "BITCOIN-CASH", "BITCOIN_CASH"], "BCH"],
  ["dash", ["DASH"], "DASH"],
  ["zcash", ["ZEC", "ZCASH"], "ZEC"],
  ["monero", ["XMR", "MONERO"], "XMR"],
  ["cardano", ["ADA", "CARDANO"], "ADA"],
  ["polkadot", ["DOT", "POLKADOT"], "DOT"],
  ["stellar", ["XLM", "STELLAR"], "XLM"],
  ["cosmos", ["ATOM", "COSMOS"], "ATOM"],
  ["ton", ["TON", "TONCOIN"], "TON"],
  ["avalanche", ["AVAX", "AVAXC", "AVALANCHE"], "AVAX"],
  ["ethereum-classic", ["ETC", "ETHEREUMCLASSIC", "ETHEREUM-CLASSIC", "ETHEREUM_CLASSIC"], "ETC"],
  ["algorand", ["ALGO", "ALGORAND"], "ALGO"],
  ["tezos", ["XTZ", "TEZOS"], "XTZ"],
  ["near", ["NEAR"], "NEAR"],
  ["arbitrum", ["ARB", "ARBITRUM"], null],
  ["optimism", ["OP", "OPTIMISM"], null],
  ["base", ["BASE"], null],
];

/** What stands behind a token's ticker for its chain. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  tron: ["TRC20", "TRON", "TRX"],
  ethereum: ["ERC20", "ETH"],
  bsc: ["BEP20", "BSC"],
  polygon: ["MATIC", "POLYGON"],
  solana: ["SOL", "SPL"],
  ton: ["TON"],
  avalanche: ["AVAXC", "AVAX"],
  arbitrum: ["ARB", "ARBITRUM"],
  optimism: ["OPTIMISM"],
  base: ["BASE"],
};

const TOKENS = ["USDT", "USDC", "DAI", "BUSD", "TUSD", "FDUSD", "PYUSD", "USDD", "USDP"];

describe("minorUnitExponent", () => {
  it.each([
    ["USD", 2],
    ["usd", 2],
    ["EUR", 2],
    ["HUF", 2],
    ["TWD", 2],
    ["MGA", 2],
    ["MRU", 2],
    ["XCG", 2],
    ["XAD", 2],
    ["JPY", 0],
    ["KRW", 0],
    ["ISK", 0],
    ["UGX", 0],
    ["VND", 0],
    ["XOF", 0],
    ["KWD", 3],
    ["kwd", 3],
    ["BHD", 3],
    ["TND", 3],
    ["CLF", 4],
    ["UYW", 4],
  ])("knows %s", (code, exponent) => {
    expect(minorUnitExponent(code)).toBe(exponent);
  });

  it.each([
    ["gold, which has no minor unit", "XAU"],
    ["special drawing rights", "XDR"],
    ["no currency", "XXX"],
    ["the test code", "XTS"],
    ["a withdrawn code", "BGN"],
    ["a coin", "BTC"],
    ["a token", "USDT"],
    ["an unknown code", "usdtt"],
    ["an empty text", ""],
    ["white space", "USD "],
    ["a long s, whose capital is S", "U\u017fD"],
    ["a name of Object.prototype", "constructor"],
  ])("does not know %s", (_, code) => {
    expect(minorUnitExponent(code)).toBeNull();
  });

  it("counts the codes of ISO 4217 list one, 2026-01-01", () => {
    const letters = Array.from({ length: 26 }, (_, i) => String.fromCharCode(65 + i));
    const codes = letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => a + b + c)));
    const counts = new Map<number | null, number>();
    for (const code of codes) {
      const exponent = minorUnitExponent(code);
      counts.set(exponent, (counts.get(exponent) ?? 0) + 1);
    }
    counts.delete(null);
    expect(counts).toEqual(
      new Map([
        [2, 139],
        [3, 7],
        [0, 17],
        [4, 2],
      ]),
    );
  });
});

describe("splitTicker", () => {
  it.each([
    ["USDTTRC20", "USDT", "tron"],
    ["usdttrc20", "USDT", "tron"],
    ["USDT.TRC20", "USDT", "tron"],
    ["USDT_TRC20", "USDT", "tron"],
    ["usdt-trc20", "USDT", "tron"],
    ["USDTMATIC", "USDT", "polygon"],
    ["usdtmatic", "USDT", "polygon"],
    ["USDTERC20", "USDT", "ethereum"],
    ["USDTBEP20", "USDT", "bsc"],
    ["USDTBSC", "USDT", "bsc"],
    ["USDCERC20", "USDC", "ethereum"],
    ["USDCMATIC", "USDC", "polygon"],
    ["USDC.SOL", "USDC", "solana"],
    ["usdtarb", "USDT", "arbitrum"],
    ["usdcbase", "USDC", "base"],
    ["USDTTON", "USDT", "ton"],
    ["USDC.OP", "USDC", "optimism"],
    ["USDC_OP", "USDC", "optimism"],
    ["usdt-op", "USDT", "optimism"],
    ["USDTOPTIMISM", "USDT", "optimism"],
    ["BNB.BSC", "BNB", "bsc"],
    ["BNBBSC", "BNB", "bsc"],
    ["AVAXC", "AVAX", "avalanche"],
    ["BTCLN", "BTC", "lightning"],
    ["BTC.LN", "BTC", "lightning"],
  ])("splits %s", (raw, currency, network) => {
    expect(splitTicker(raw)).toEqual({ currency, network });
  });

  it.each(["USD", "eur", "JPY", "BTC", "btc", "ETH", "USDT", "USDC", "DAI", "TRX", "DOGE"])(
    "passes %s",
    (raw) => {
      expect(splitTicker(raw)).toEqual({ currency: raw.toUpperCase() });
    },
  );

  it.each(Object.entries(SUFFIXES))(
    "knows %s behind every token, joined or separated",
    (network, suffixes) => {
      for (const currency of TOKENS) {
        for (const suffix of suffixes) {
          expect(splitTicker(currency + suffix)).toEqual({ currency, network });
          expect(splitTicker(`${currency}.${suffix}`)).toEqual({ currency, network });
        }
      }
    },
  );

  it("passes every token, every coin that is native somewhere, and the other tickers it knows", () => {
    const coins = NETWORKS.flatMap(([, , coin]) => coin ?? []);
    const others = ["MATIC", "POL", "WBTC", "WETH", "SHIB", "LINK", "UNI", "EURC", "EURS", "ARB", "OP"];
    for (const currency of [...TOKENS, ...coins, ...others])
      expect(splitTicker(currency)).toEqual({ currency });
  });

  it.each(["USDTT", "LTCT", "FAKECOIN", "USDT2", "TRC20", "BGN", "XAU"])(
    "keeps the unknown %s whole with a warning",
    (raw) => {
      expect(splitTicker(raw)).toEqual({ currency: raw, warning: "unknown_ticker" });
    },
  );

  it.each(["USDCOP", "USDTOP"])("does not guess at %s, which is also a pair of ISO codes", (raw) => {
    expect(splitTicker(raw)).toEqual({ currency: raw, warning: "unknown_ticker" });
  });

  it.each([
    "",
    "X",
    "ABCDEFGHIJKLM",
    "US D",
    "USDT ",
    "USDT\n",
    "USD$",
    "U\u017fDT",
    "\u0405OL",
    "USDT.FAKE",
    "USDT..TRC20",
    ".TRC20",
    "USDT.",
    "USDT.TRC20.X",
    "USDT/TRC20",
    "USDT.\u017fOL",
    "__proto__",
    "A".repeat(1_000_000),
  ])("refuses %.20j", (raw) => {
    expect(splitTicker(raw)).toBeNull();
  });

  it("only returns currencies that payment-event.v1 allows", () => {
    const noise = fc.string({ unit: fc.constantFrom(..."USDTCRBE20.-_ ſ"), maxLength: 16 });
    fc.assert(
      fc.property(fc.oneof(noise, fc.string()), (raw) => {
        const split = splitTicker(raw);
        if (split === null) return;
        const { currency, network } = split;
        const value = network === undefined ? { currency } : { currency, network };
        expect(money.safeParse({ value: "1", ...value }).success).toBe(true);
        expect(splitTicker(currency)?.currency).toBe(currency);
      }),
    );
  });
});

describe("networkOf", () => {
  it.each(NETWORKS)("gives %s for each of its names, in any case", (network, names) => {
    for (const name of names) {
      expect(networkOf(name)).toBe(network);
      expect(networkOf(name.toLowerCase())).toBe(network);
    }
  });

  it.each([
    ["MATIC", "polygon"],
    ["POLYGON", "polygon"],
    ["Polygon", "polygon"],
    ["ETH", "ethereum"],
    ["ERC20", "ethereum"],
    ["erc-20", "ethereum"],
    ["ethereum", "ethereum"],
    ["TRX", "tron"],
    ["TRC20", "tron"],
    ["BTC", "bitcoin"],
    ["BSC", "bsc"],
    ["BNB", "bsc"],
    ["BEP20", "bsc"],
    ["SOL", "solana"],
    ["LTC", "litecoin"],
    ["BCH", "bitcoin-cash"],
    ["XRP", "ripple"],
    ["Some_New-Chain2", "some_new-chain2"],
  ])("names the network of %s", (chain, network) => {
    expect(networkOf(chain)).toBe(network);
  });

  it.each(["", "X", "a b", "a/b", "MAT\u0406C", "polygon\n", "x".repeat(33)])("refuses %j", (chain) => {
    expect(networkOf(chain)).toBeNull();
  });

  it("leaves the ids it gives as they are", () => {
    for (const chain of ["MATIC", "BCH", "ETC", "LN", "TON", "ARB", "OP", "BASE", "AVAX"]) {
      const network = networkOf(chain) ?? "";
      expect(networkOf(network)).toBe(network);
    }
  });
});

describe("nativeNetwork", () => {
  it.each(NETWORKS.filter(([, , coin]) => coin !== null))("is %s of its own coin", (network, _, coin) => {
    expect(nativeNetwork(coin ?? "")).toBe(network);
  });

  it.each([
    ["BTC", "bitcoin"],
    ["ETH", "ethereum"],
    ["LTC", "litecoin"],
    ["DOGE", "dogecoin"],
    ["TRX", "tron"],
    ["BNB", "bsc"],
    ["SOL", "solana"],
    ["XRP", "ripple"],
    ["BCH", "bitcoin-cash"],
  ])("knows the chain of %s", (currency, network) => {
    expect(nativeNetwork(currency)).toBe(network);
  });

  it.each(["USDT", "USDC", "USD", "POL", "MATIC", "ARB", "constructor", ""])(
    "does not invent one for %j",
    (currency) => {
      expect(nativeNetwork(currency)).toBeNull();
    },
  );
});
