/** The one way from the Worker to the Activity object. */
import type { InboxBindings } from "../inbox/client.ts";
import type { Activity } from "./activity.ts";

export interface ActivityBindings extends InboxBindings {
  /** Without it nothing is kept of refused callbacks, and there are no charts and no live feed. */
  readonly ACTIVITY?: DurableObjectNamespace<Activity>;
}

export type ActivityStub = DurableObjectStub<Activity>;

/** There is one. A new stub every time: one that has failed goes on failing. */
export function activityOf({ ACTIVITY }: ActivityBindings): ActivityStub | null {
  return ACTIVITY?.getByName("activity") ?? null;
}
