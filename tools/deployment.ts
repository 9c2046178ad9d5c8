/** `npm run deployment -- <name>`: makes deployments/<name>/wrangler.jsonc of the merchant's relay.toml and of ours. */
import { relative, resolve } from "node:path";
import { deployments } from "./lib/deployment/files.ts";
import { makeDeployment, readDeployment } from "./lib/deployment/make.ts";

const project = resolve(import.meta.dirname, "..");
const [name] = process.argv.slice(2);

function run(): number {
  if (name === undefined) {
    console.error(`usage: npm run deployment -- <name>   (there are: ${deployments(project).join(", ")})`);
    return 2;
  }
  const deployment = readDeployment(project, name);
  const own = relative(project, deployment.files.own);
  for (const { path, message } of deployment.problems) console.error(`${own}: ${path.join(".")} ${message}`);
  if (deployment.problems.length > 0) return 1;
  const made = relative(project, makeDeployment(deployment));
  console.log(`${made}
  queues     ${deployment.queues.join(" ")}
  secrets    ${deployment.secrets.join(" ")}
  locally    npx wrangler dev --config ${made} --infer-origin-from-routes=false
  deploy     npx wrangler deploy --config ${made}`);
  return 0;
}

try {
  process.exitCode = run();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
