import { RecgateError, type ApplicationView } from '#libs/recording-model';
import { credentialsOf, toleranceMs } from './sinch.settings.js';
import { verifySinchRequest, type SinchCredentials, type SinchIncomingRequest } from './sinch.signature.js';

/** Takes the place of an application that is not there, so that both cost the same time. */
const NOBODY: SinchCredentials = { applicationKey: '', applicationSecret: 'bm9ib2R5' };

/**
 * Which of the applications of one key has made the request (contract §4.1).
 * @returns its place in the list
 * @throws RecgateError `auth.missing`, `auth.invalid`: what the first of them would be told; 40108 when there is none
 */
export function findSinchRequester(
  candidates: readonly ApplicationView[],
  request: SinchIncomingRequest,
  options: { readonly now: Date; readonly mountPrefix: string; readonly applicationKey: string },
): number {
  const { now, mountPrefix, applicationKey } = options;
  let refusal: RecgateError | null = null;
  let found = -1;
  for (const [index, candidate] of candidates.entries()) {
    const credentials = credentialsOf(candidate);
    if (credentials === null) continue;
    const outcome = refused(request, credentials, { now, mountPrefix, toleranceMs: toleranceMs(candidate) });
    if (outcome === null) found = found === -1 ? index : found;
    else refusal ??= outcome;
  }
  if (found !== -1) return found;
  if (refusal !== null) throw refusal;
  // Whatever comes out of it, nobody is let in.
  const outcome = refused(request, { ...NOBODY, applicationKey }, { now, mountPrefix });
  if (outcome?.field === 'x-timestamp') throw outcome;
  throw new RecgateError('auth.invalid', 'The application key is not known', { field: 'credentials' });
}

function refused(...attempt: Parameters<typeof verifySinchRequest>): RecgateError | null {
  try {
    verifySinchRequest(...attempt);
    return null;
  } catch (thrown) {
    if (thrown instanceof RecgateError) return thrown;
    throw thrown;
  }
}
