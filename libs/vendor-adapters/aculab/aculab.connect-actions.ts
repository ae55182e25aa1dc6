import { isJsonObject } from '../shared/index.js';
import type { ConnectAction } from '#libs/recording-model';
import { awaited, type MappedAction } from './aculab.mapped-action.js';
import { ObjectReader } from './aculab.object-reader.js';
import { webPageRequest } from './aculab.web-page-request.js';

/** How long whoever is called has to answer, and how long the connection may last, where nothing is said. */
const ANSWER_MS = 30_000;
const LONGEST_MINUTES = 240;

/** What belongs to the line of the called party, which the gateway does not dial. */
const OF_THE_LINE: Readonly<Record<string, string>> = {
  call_from: 'the gateway does not dial: whoever does shows the number',
  hold_media: 'the gateway does not dial: whoever does lets the caller hear the line',
  pass_early_media: 'the gateway does not dial: whoever does lets the caller hear the line',
  classify_callee: 'the gateway does not dial: whoever does knows who has answered',
  conference_participant: 'every participant talks and hears',
};

/** Whoever of the destinations answers on the call's other leg is connected; `con:` names a conference room (contract §9). */
export function connect(action: ObjectReader): MappedAction {
  const written = destination(action);
  const conference = written.startsWith('con:');
  return connected(action, conference ? written.slice(4) : written, conference);
}

function destination(action: ObjectReader): string {
  const list = action.value('destinations');
  const to = 'connect.to';
  if (!Array.isArray(list)) {
    const one = action.string('call_to', { to });
    if (one === undefined) throw action.missing('destinations');
    return one;
  }
  const all = list.map((_each, index) => destinationAt(action, index));
  const [first] = all;
  if (first === undefined) throw action.refused('destinations', 'must hold a destination');
  return first;
}

/** @throws RecgateError `field.invalid` for anything but a text, or an object that holds one as `call_to` */
function destinationAt(action: ObjectReader, index: number): string {
  const list = action.path('destinations');
  const isObject = isJsonObject(action.scope.document.at(`${list}/${index}`));
  const owner = isObject ? ObjectReader.at(action.scope, `${list}/${index}`) : ObjectReader.ofList(action.scope, list);
  const name = isObject ? 'call_to' : String(index);
  const rule = { to: 'connect.to' };
  const others = { outcome: 'converted', reason: 'the first that answers is connected' } as const;
  const written = owner.string(name, index === 0 ? rule : { ...rule, ...others });
  if (written === undefined) throw owner.missing(name);
  return written;
}

/** Joins a conference room (contract §7). */
export function connectToConference(action: ObjectReader): MappedAction {
  const name = ['name', 'conference_name', 'conference_room'].find((each) => action.has(each)) ?? 'name';
  const to = action.string(name, { to: 'connect.to' });
  if (to === undefined) throw action.missing(name);
  return connected(action, to, true);
}

function connected(action: ObjectReader, to: string, conference: boolean): MappedAction {
  for (const [name, reason] of Object.entries(OF_THE_LINE)) if (action.has(name)) action.drop(name, reason);
  const answerMs = action.seconds('seconds_answer_timeout', { to: 'connect.rules.answerMs' }) ?? ANSWER_MS;
  const next = webPageRequest(action, 'next_page', 'connect.next');
  const maxDurationMs = longestMs(action);
  const step: ConnectAction = { kind: 'connect', to, conference, maxDurationMs, next, rules: { answerMs } };
  return { steps: [step], ends: next !== null, ...awaited('connect', next) };
}

/** Of a `secondary_call` the longest duration alone: its pages belong to a call of its own, and here it is a leg of this one. */
function longestMs(action: ObjectReader): number {
  const name = 'secondary_call';
  const longest = 'minutes_max_call_duration';
  let minutes = LONGEST_MINUTES;
  if (action.has(name)) {
    const secondary = ObjectReader.at(action.scope, action.path(name));
    minutes = secondary.integer(longest, 1, { to: 'connect.maxDurationMs', outcome: 'converted' }) ?? minutes;
    for (const each of secondary.names().filter((written) => written !== longest))
      secondary.drop(each, 'the called party is a leg of this call, not a call of its own');
  }
  return minutes * 60_000;
}
