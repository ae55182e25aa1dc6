import {
  RecgateError,
  type ApplicationView,
  type CallIdentity,
  type IdSource,
  type JsonObject,
  type ParseContext,
  type ParsedDocument,
  type RecordAction,
} from '#libs/recording-model';
import { aculabAdapter } from '../aculab.adapter.js';

/** An inbound call in the vendor's own form. */
export const CALL: CallIdentity = {
  callId: '04f01fb92e8913a8.62100.1',
  from: '441908000001',
  to: '441908000002',
  direction: 'inbound',
  vendor: {},
};

/** Reading a document makes no ids. */
const NO_IDS: IdSource = {
  uuid: () => '00000000-0000-4000-8000-000000000000',
  hex: (digits) => '0'.repeat(digits),
};

export const PAGE = 'https://app.example.net/ivr/first?lang=en';

export function context(
  settings: Record<string, string> = {},
  call: CallIdentity = CALL,
  flowState?: JsonObject,
): ParseContext {
  const application: ApplicationView = { applicationId: 'a', tenantId: 't', settings, secrets: {} };
  const now = new Date('2024-03-05T14:35:00.000Z');
  return { application, call, ids: NO_IDS, now, ...(flowState === undefined ? {} : { flowState }) };
}

export function parse(document: unknown, settings: Record<string, string> = {}, call = CALL): ParsedDocument {
  const body = typeof document === 'string' ? document : JSON.stringify(document);
  return aculabAdapter.parse({ body, role: 'flow', url: PAGE }, context(settings, call));
}

export function recordOf(parsed: ParsedDocument): RecordAction {
  const step = parsed.steps.find((each) => each.kind === 'record');
  if (step?.kind !== 'record') throw new Error('no record step');
  return step;
}

export function parseRecord(members: object, settings: Record<string, string> = {}): ParsedDocument {
  return parse({ actions: [{ record: { next_page: { url: 'next' }, ...members } }] }, settings);
}

export function refusal(run: () => unknown): RecgateError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof RecgateError) return thrown;
    throw thrown;
  }
  throw new Error('was not refused');
}
