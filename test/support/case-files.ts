/** The files of test/cases as types. */
import type { Money } from "../../src/event.ts";
import type { CaseRequest } from "./requests.ts";

/** The token verifier's response; `must_not_be_called` fails the caller. */
export type VerifierScript =
  | "must_not_be_called"
  | { readonly hang: true }
  | {
      readonly status: number;
      readonly content_type?: string;
      readonly body?: string;
      readonly body_repeat?: { readonly text: string; readonly times: number };
      readonly location?: string;
    };

export interface Expectation {
  http: number | null;
  outcome: string;
  why?: string;
  type?: string;
  amount?: string;
  currency?: string;
  network?: string;
  amount_requested?: Money;
  merchant_reference?: string;
  occurred_at?: string;
  direction?: string;
  sequence?: number;
  previous_status?: string;
  same_payment?: boolean;
  warning?: string;
  warnings?: string[];
  forwarded?: boolean;
}

export interface Step {
  request?: CaseRequest;
  client_ip?: string;
  later_s?: number;
  verifier?: VerifierScript;
  expect: Expectation;
}

export interface CaseFile {
  adapter: string;
  now: string;
  /** `RELAY.sources` and secrets of these cases, where the test Worker has no account for them. */
  sources?: object;
  secrets?: Record<string, string>;
  cases: { name: string; steps: Step[] }[];
}
