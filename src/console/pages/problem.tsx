/** What could not be shown or done, and why. */
import type { Frame } from "../parts/layout.tsx";
import { Page } from "../parts/layout.tsx";

const TITLES: Readonly<Record<number, string>> = {
  400: "That cannot be asked like this",
  403: "Not allowed",
  404: "There is no such thing",
  409: "Not possible now",
  503: "The configuration has problems",
};

interface ProblemProps {
  readonly frame: Frame;
  readonly status: number;
  readonly detail: string;
  /** Where to go on. */
  readonly back?: string;
}

export function Problem({ frame, status, detail, back = "/" }: ProblemProps) {
  const title = TITLES[status] ?? "The relay failed";
  return (
    <Page frame={frame} title={title}>
      <h1>{title}</h1>
      <p class="problem" role="alert">
        {detail}
      </p>
      <p>
        <a class="button" href={back}>
          Back
        </a>
      </p>
    </Page>
  );
}
