/** The lines to copy from the demo's output: every provider by curl, and the simulator. */
import type { Credentials } from "./callbacks.ts";

/** One shell command per provider; each makes a new payment whenever it is run. */
export function curlLines(url: string, who: Credentials): Record<string, string> {
  const { ipay, cryptopay, iqpay, tokenpayments } = who;
  const json = `-H 'content-type: application/json'`;
  const [place, name = ""] = ipay.tokenAt.split(":", 2);
  const inBody = place === "body" ? `,"${name.replace("/", "")}":"${ipay.token}"` : "";
  const inHeader = place === "header" ? ` -H '${name}: ${ipay.token}'` : "";
  const raw = cryptopay.scheme === "raw";
  return {
    iPay:
      `curl -i ${url}/in/ipay/${ipay.account} ${json}${inHeader} -d '{"accountEDTO":"acc_1",` +
      `"blockchainTxId":"0x'$(date +%s)'","chain":"MATIC","currency":"USDT","customerID":"848151",` +
      `"transferedAmount":25.5${inBody}}'`,
    CryptoPay:
      `t=$(date +%s); body='{"id":"evt_'$t'","type":"payment.succeeded","data":{"object":{"id":"pi_'$t'",` +
      `"amount":2000,"amount_received":2000,"currency":"usd","status":"succeeded","metadata":{"order_id":"order-'$t'"}}}}'; ` +
      `v1=$(printf '%s' "${raw ? "" : "$t."}$body" | openssl dgst -sha256 -hmac '${cryptopay.secret}' | sed 's/.* //'); ` +
      `curl -i ${url}/in/cryptopay/${cryptopay.account} ${json} ` +
      `-H "x-cryptopay-signature: ${raw ? "" : "t=$t,v1="}$v1" -d "$body"`,
    iqpay:
      `curl -i ${url}/in/iqpay/${iqpay.account}/deposit/${iqpay.paths["deposit"] ?? ""} ` +
      `-H 'cf-connecting-ip: ${iqpay.ip}' ${json} -d '{"address":"1Demo","wallet_ext_id":"90233",` +
      `"fromAddress":"1From","txid":"tx'$(date +%s)'","amount":0.00001124,"currency":"BTC","status":1}'`,
    TokenPayments:
      `curl -i ${url}/in/tokenpayments/${tokenpayments.account} -d 'merchant_id=${tokenpayments.merchantId}` +
      `&token=tkn'$(date +%s)'&page_hash=ph_77&item_name=Deposit&invoice=INV-'$(date +%s)'` +
      `&amount1=100&currency1=USD&amount2=0.03125&currency2=ETH'`,
  };
}
