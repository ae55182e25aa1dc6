import type { ConferenceKeys, FlowRequest } from '#libs/recording-model';
import { CONFERENCE_PIE } from './sinch.callback-request.js';
import type { CallScript } from './sinch.call-script.js';
import type { SvamlObject } from './sinch.svaml-reader.js';

/** Flow state: the conference whose keys PIE tells. */
export const CONFERENCE_KEYS = 'conferenceKeys';

const DEFAULT_TIMEOUT_MS = 3000;
const TO = 'steps.connect';

/**
 * Reads conferenceDtmfOptions (contract §1.2): what becomes of keys that the participant presses. Null: nothing, as
 * without them.
 * @throws RecgateError `field.invalid`
 */
export function readConferenceKeys(
  script: CallScript,
  action: SvamlObject,
  conferenceId: string,
): ConferenceKeys | null {
  const options = action.child('conferenceDtmfOptions');
  if (options === null) return null;
  const mode = options.text(['mode'], { to: TO })?.trim().toLowerCase() ?? 'ignore';
  const maxDigits = options.integer(['maxDigits'], { min: 1, max: 64, to: TO, beyond: 'clamp' }) ?? 1;
  const timeoutMs =
    options.integer(['timeoutMills'], { min: 1, max: 600_000, to: TO, beyond: 'clamp' }) ?? DEFAULT_TIMEOUT_MS;
  if (mode === 'ignore') return null;
  if (mode === 'forward') return { kind: 'forward' };
  if (mode !== 'detect')
    throw script.reading.invalid(
      options.find('mode') ?? options.pointer,
      'mode',
      'mode must be ignore, forward or detect',
    );
  const request = conferencePie(script.callback('pie'));
  if (request === null) return null;
  script.flowState[CONFERENCE_KEYS] = conferenceId;
  return { kind: 'tell', maxDigits, timeoutMs, request };
}

/** Nobody is asked where a callout has brought the answer along; and nothing would follow it. */
function conferencePie(pie: FlowRequest | null): FlowRequest | null {
  if (pie === null || pie.knownAnswer !== undefined) return null;
  return { ...pie, purpose: CONFERENCE_PIE };
}
