/**
 * The projects: `workerd` runs modules, Inbox, consumer and ingress in the runtime they are made for, and
 * `workerd, pure` those without state, faster; `node` runs the tools, `e2e` real processes. `platform in node` plays
 * whole callbacks where `npm run mutate` plays them, so that nothing the Inbox begins to use is missing there.
 */
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { testBindings } from "./test/support/bindings.ts";
import { asText, inPlainNode } from "./tools/lib/plain-node.ts";

/** Machines are shared: a test that is late has not failed. */
const patience = { testTimeout: 30_000, hookTimeout: 30_000 };

const inWorkerd = cloudflareTest({
  wrangler: { configPath: "./wrangler.toml" },
  miniflare: {
    bindings: testBindings,
    email: {
      send_email: [
        {
          name: "EMAIL",
          allowed_sender_addresses: ["relay@example.com"],
          allowed_destination_addresses: ["ops@example.com"],
        },
      ],
    },
  },
});

/** Of modules without state and without an object: their files share one isolate, which each would load anew. */
const PURE = [
  "test/parse/*.test.ts",
  "test/verify/**/*.test.ts",
  "test/providers/**/*.test.ts",
  "test/config/!(local-only).test.ts",
  "test/inbox/lifecycle.test.ts",
  "test/inbox/policy/*.test.ts",
];

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [inWorkerd],
        test: {
          name: "workerd",
          ...patience,
          include: ["test/**/*.test.ts"],
          exclude: [
            ...PURE,
            "test/e2e/**",
            "test/tools/**",
            "test/bench/**",
            "test/receivers/servers.test.ts",
            "test/architecture.test.ts",
          ],
        },
      },
      {
        plugins: [inWorkerd],
        test: { name: "workerd, pure", ...patience, include: PURE, isolate: false },
      },
      {
        test: {
          name: "node",
          ...patience,
          include: [
            "test/tools/**/*.test.ts",
            "test/bench/**/*.test.ts",
            "test/receivers/servers.test.ts",
            "test/architecture.test.ts",
          ],
        },
      },
      {
        plugins: [asText],
        resolve: inPlainNode,
        test: { name: "platform in node", ...patience, include: ["test/contract/golden.test.ts"] },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          // Real processes: after everything else, and one file at a time.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
