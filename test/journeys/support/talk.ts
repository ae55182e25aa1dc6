import type { ExpectedTone } from './expectations.js';
import type { JourneyCall } from './journey-call.js';
import { sequence, silence, tone } from './sounds.js';

/** Both parties say something that can be told apart: the caller 600 Hz and 800 Hz, the callee 1400 Hz in between. */
const CALLER_WORDS = sequence(tone(600, 600), silence(500), tone(800, 300), silence(200));
const CALLEE_WORDS = sequence(silence(800), tone(1400, 200));

const isCallee = ({ hz }: ExpectedTone) => hz === 1400;

/** What `talk` leaves in a file. */
export const CONVERSATION: readonly ExpectedTone[] = [
  { hz: 600, at: 0, ms: 600 },
  { hz: 1400, at: 800, ms: 200 },
  { hz: 800, at: 1100, ms: 300 },
];
export const CALLER_PART = CONVERSATION.filter((each) => !isCallee(each));
export const CALLEE_PART = CONVERSATION.filter(isCallee);

/** Lets both parties speak for 1.6 s; resolves when they have done so. */
export function talk(call: JourneyCall): Promise<void> {
  call.caller.say(CALLER_WORDS);
  call.callee.say(CALLEE_WORDS);
  return call.said();
}
