/** The questions of `relay init`, for what the options did not say. */
import { confirm, isCancel, multiselect, password, text } from "@clack/prompts";
import { CliError, EXIT } from "./exit-codes.ts";
import { type AccountAnswer, type Answers, needsOf, providerNames, issuedSecretName } from "./init-plan.ts";

/** The answer, or the end of it all after Ctrl-C. */
async function answered<T>(question: Promise<T>): Promise<Exclude<T, symbol>> {
  const answer = await question;
  if (isCancel(answer)) throw new CliError(EXIT.declined, "nothing was written");
  return answer as Exclude<T, symbol>;
}

const asked = async (message: string, placeholder: string, pattern: RegExp): Promise<string> =>
  await answered(
    text({
      message,
      placeholder,
      validate: (value = "") => (pattern.test(value) ? undefined : `like ${placeholder}`),
    }),
  );

const HOST = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export async function askForMissing(given: Answers): Promise<Answers> {
  const host = given.host || (await asked("Where will the relay be?", "relay.example.com", HOST));
  const destinations = given.destinations.length > 0 ? given.destinations : await askDestinations();
  const names = destinations.map(({ name }) => name);
  const known = given.accounts.length > 0 ? given.accounts : await askAccounts(names);
  const accounts: AccountAnswer[] = [];
  for (const account of known) accounts.push(await withRequired(account));
  return { ...given, host, destinations, accounts, given: await askSecrets(given.given, accounts) };
}

async function askDestinations(): Promise<Answers["destinations"]> {
  const found: { name: string; url: string }[] = [];
  do {
    const name = await asked(
      "A receiver of events (a CRM): its name here",
      found.length === 0 ? "crm" : "billing",
      NAME,
    );
    const url = await asked(
      `Where does ${name} receive them?`,
      "https://crm.example.com/webhooks/payments",
      /^https:\/\/./,
    );
    found.push({ name, url });
  } while (await answered(confirm({ message: "Another receiver?", initialValue: false })));
  return found;
}

async function askAccounts(destinations: readonly string[]): Promise<AccountAnswer[]> {
  const options = providerNames.map((value) => ({ value, label: value }));
  const chosen = await answered(multiselect({ message: "Which providers?", options, required: true }));
  const accounts: AccountAnswer[] = [];
  for (const provider of chosen) {
    do {
      const account = await asked(`An account at ${provider}: its name here`, "shop", NAME);
      accounts.push({
        provider,
        account,
        settings: {},
        destinations: await askTargets(`${provider}/${account}`, destinations),
      });
    } while (await answered(confirm({ message: `Another account at ${provider}?`, initialValue: false })));
  }
  return accounts;
}

async function askTargets(source: string, destinations: readonly string[]): Promise<readonly string[]> {
  if (destinations.length === 1) return destinations;
  const options = destinations.map((value) => ({ value, label: value }));
  return await answered(
    multiselect({ message: `Where do events of ${source} go?`, options, required: true }),
  );
}

async function withRequired(account: AccountAnswer): Promise<AccountAnswer> {
  const { provider, settings } = account;
  const more: Record<string, unknown> = {};
  for (const option of needsOf(provider).required) {
    if (option in settings) continue;
    more[option] = await asked(`${provider}/${account.account}: ${option}`, "as the provider says", /./);
  }
  return { ...account, settings: { ...settings, ...more } };
}

/** Of providers that issue one; left empty it can be written into the file later. */
async function askSecrets(
  given: Answers["given"],
  accounts: readonly AccountAnswer[],
): Promise<Answers["given"]> {
  const found: Record<string, string> = { ...given };
  for (const { provider, account } of accounts) {
    for (const option of needsOf(provider).issued) {
      const name = issuedSecretName(provider, account, option);
      if (found[name]) continue;
      const message = `${name}: the secret that ${provider} issued for ${account} (Enter: later)`;
      const value = await answered(password({ message }));
      if (value) found[name] = value;
    }
  }
  return found;
}
