import {
  RecgateError,
  type ApplicationView,
  type CallState,
  type FlowStep,
  type ParsedDocument,
  type RecordAction,
  type SecretBag,
  type VendorAdapter,
  type VendorDocument,
} from '#libs/recording-model';
import { SAMPLE_CALL } from './sample-recording.js';
import { seededIdSource } from './seeded-id-source.js';

export function applicationWith(
  settings: Readonly<Record<string, string>> = {},
  secrets: SecretBag = {},
): ApplicationView {
  return { applicationId: 'app-1', tenantId: 'tenant-1', settings, secrets };
}

/** Reads a document with seeded ids at a fixed time; by default a flow from `https://app.example.com/vm` on an inbound call. */
export function parseDocument(
  adapter: VendorAdapter,
  body: string,
  options: {
    readonly application?: ApplicationView;
    readonly url?: string | null;
    readonly role?: VendorDocument['role'];
    readonly callState?: CallState;
  } = {},
): ParsedDocument {
  const { application = applicationWith(), url = 'https://app.example.com/vm', role = 'flow' } = options;
  const now = new Date('2024-07-28T09:00:40.000Z');
  const state = options.callState === undefined ? {} : { callState: options.callState };
  return adapter.parse({ body, role, url }, { application, call: SAMPLE_CALL, ids: seededIdSource(1), now, ...state });
}

/** The error a document is refused with. @throws Error when it is accepted. */
export function refusalOf(read: () => unknown): RecgateError {
  try {
    read();
  } catch (thrown) {
    if (thrown instanceof RecgateError) return thrown;
    throw thrown;
  }
  throw new Error('The document was accepted');
}

/** The record steps of a flow, those in prompts included. */
export function recordActions(steps: readonly FlowStep[]): RecordAction[] {
  return steps.flatMap((step) => {
    if (step.kind === 'record') return [step];
    return step.kind === 'collectDigits' ? recordActions(step.prompts) : [];
  });
}
