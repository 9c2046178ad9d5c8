/** The only page that anybody may see. */
import type { AssetUrls } from "../parts/assets.ts";
import { Document } from "../parts/layout.tsx";

interface SignInProps {
  readonly assets: AssetUrls;
  /** Where to go on afterwards: a path of this console. */
  readonly next: string;
  readonly problem?: string | null;
}

export function SignIn({ assets, next, problem = null }: SignInProps) {
  return (
    <Document assets={assets} title="Sign in · psp-relay" scripts={[]}>
      <body class="sign-in">
        <main>
          <img src={assets["icon.svg"]} alt="" width="44" height="44" />
          <h1>psp-relay</h1>
          <form method="post" action="/sign-in">
            <input type="hidden" name="next" value={next} />
            <label for="token">Operator's token</label>
            <input
              id="token"
              name="token"
              type="password"
              required
              autocomplete="current-password"
              autofocus
              aria-describedby={problem === null ? undefined : "problem"}
              aria-invalid={problem === null ? undefined : "true"}
            />
            {problem !== null && (
              <p id="problem" class="problem" role="alert">
                {problem}
              </p>
            )}
            <button type="submit" class="button primary">
              Sign in
            </button>
          </form>
        </main>
      </body>
    </Document>
  );
}

/**
 * A link from a message or a pager: the browser does not send a strict cookie with a request that another site
 * began. So this site asks for the page again, by itself, and then it does.
 */
export function AskAgain({ assets, path }: { assets: AssetUrls; path: string }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="refresh" content={`0;url=${path}`} />
        <title>psp-relay</title>
        <link rel="stylesheet" href={assets["console.css"]} />
      </head>
      <body class="sign-in">
        <main>
          <p>
            <a href={path}>Go on to the console</a>
          </p>
        </main>
      </body>
    </html>
  );
}
