import type { FlowAction, FlowRequest, JsonObject } from '#libs/recording-model';

/** What one action of a list becomes. */
export interface MappedAction {
  readonly steps: readonly FlowAction[];
  /** True when the actions after it are never run: its page is asked instead, or the call is over. */
  readonly ends: boolean;
  /** The page that is told of this action's result, for the flow state. */
  readonly nextPage?: AwaitedPage;
}

/** A next page as the flow state remembers it: whose result it gets and, for a menu, the page of each key. */
export interface AwaitedPage {
  readonly url: string;
  readonly action: string;
  readonly keys?: JsonObject;
}

/** Notes the page that an action's result goes to; nothing when the action names none. */
export function awaited(
  action: string,
  page: FlowRequest | null,
  keys?: JsonObject,
): { readonly nextPage?: AwaitedPage } {
  if (page === null) return {};
  return { nextPage: { url: page.url, action, ...(keys === undefined ? {} : { keys }) } };
}
