/** Genuine callbacks for tests to which their contents are of no matter. */
import { secrets } from "./bindings.ts";
import { post } from "./worker.ts";

/** Posts a payment of iPay's account `broker-eu`, proved by this token, or by none that is right. */
export async function payByIpay(transaction: string, token: string = secrets.IPAY_TOKEN): Promise<void> {
  const body = JSON.stringify({
    token,
    accountEDTO: "acc_1",
    blockchainTxId: transaction,
    chain: "MATIC",
    currency: "USDT",
    customerID: "848151",
    transferedAmount: 25.5,
  });
  const headers = { "content-type": "application/json" };
  await post({ method: "POST", path: "/in/ipay/broker-eu", headers, body });
}
