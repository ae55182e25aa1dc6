import type { ConnectionDemands } from '#libs/recording-model';
import type { CallScript } from './sinch.call-script.js';
import { readRunMenu } from './sinch.menu.js';
import { readConferenceKeys } from './sinch.conference-keys.js';
import { readDigits } from './sinch.instructions.js';
import { readMusic } from './sinch.music.js';
import { PLAYED, readPromptMember } from './sinch.prompts.js';
import type { RecordingScope } from './sinch.recording-options.js';
import type { SvamlObject } from './sinch.svaml-reader.js';

const MAX_CALL_S = 14_400;
const MAX_PARK_S = 600;
const MAX_CONFERENCE_ID = 128;
/** Numbers and addresses, characters. */
const MAX_ENDPOINT = 256;
const NOT_PLACED = 'the gateway records the call and leaves its connection to the media that arrives';

type ReadAction = (script: CallScript, action: SvamlObject) => RecordingScope | null;

const CALL: RecordingScope = { kind: 'call' };

/**
 * The actions under their names in lower case (contract §1.2, §3.2). Each returns what `record` on it records, and
 * null when the action itself was about recording.
 */
const ACTIONS: Readonly<Record<string, { readonly connects: boolean; readonly read: ReadAction }>> = {
  hangup: { connects: false, read: readHangup },
  continue: { connects: false, read: () => CALL },
  connectpstn: { connects: true, read: (script, action) => readConnect(script, action, ['number'], true) },
  connectmxp: { connects: true, read: (script, action) => readConnect(script, action, [], false) },
  connectsip: { connects: true, read: (script, action) => readConnect(script, action, [], true) },
  connectconf: { connects: true, read: readConnectConf },
  connectstream: { connects: true, read: readConnectStream },
  runmenu: { connects: true, read: (script, action) => (readRunMenu(script, action), CALL) },
  park: { connects: true, read: readPark },
  startrecording: { connects: false, read: readStartAction },
  stoprecording: { connects: false, read: (script, action) => (script.stopRecording(action.pointer), null) },
};

/** As much of a name that is not known as an error shows, characters. */
const MAX_NAME = 64;

/** The action's name in lower case without accounting for it; null when there is none. */
export function actionName(action: SvamlObject | null): string | null {
  const pointer = action?.find('name') ?? null;
  const name = pointer === null ? null : action?.value(pointer);
  return typeof name === 'string' ? name.trim().toLowerCase() : null;
}

/**
 * Reads the action into the script: its recording first, so that it covers what the action does, then its step.
 * @throws RecgateError `field.missing`, `field.invalid`.
 */
export function readAction(script: CallScript, action: SvamlObject): void {
  const name = action.requiredText(['name'], { to: 'steps' });
  const known = new Map(Object.entries(ACTIONS)).get(name.trim().toLowerCase());
  if (known === undefined)
    throw script.reading.invalid(
      action.find('name') ?? action.pointer,
      'name',
      `The action "${name.slice(0, MAX_NAME)}" is not known`,
    );
  const before = script.steps.length;
  const scope = known.read(script, action);
  const own = script.steps.splice(before);
  if (scope !== null) readRecordFlag(script, action, scope);
  script.steps.push(...own);
}

/** `record` and `recordingOptions` on an action (contract §1.2, §2.5 rows 2, 3, 6). */
function readRecordFlag(script: CallScript, action: SvamlObject, scope: RecordingScope): void {
  const flag = action.flag(['record', 'recording'], { to: 'steps' });
  if (flag === false) {
    for (const name of ['recordingOptions', 'options']) action.drop(name, 'record is false');
    return;
  }
  const options = action.child('recordingOptions', 'options');
  if (flag === null && options === null) return;
  const at = options?.pointer ?? `${action.pointer}/recordingOptions`;
  script.startRecording(action, options, at, scope);
}

function readHangup(script: CallScript, action: SvamlObject): RecordingScope {
  action.drop('hangupCause', 'the cause of the hang-up is not signalled');
  script.add(action.pointer, { kind: 'hangup' });
  return CALL;
}

function readStartAction(script: CallScript, action: SvamlObject): null {
  const options = action.child('recordingOptions', 'options');
  const at = options?.pointer ?? `${action.pointer}/recordingOptions`;
  script.startRecording(action, options, at, CALL);
  return null;
}

/** What is said about the call that is placed; whoever places it has it from elsewhere. */
const CONNECT_DETAILS = ['locale', 'cli', 'indications', 'amd', 'transport', 'callHeaders', 'streamingOptions'];
/** `moh` of connectSip is for those whom a SIP server puts on hold. */
const NOT_OF_CONFERENCES = ['moh', 'conferenceDtmfOptions'];
const NOT_OF_LEGS = ['dialTimeout', 'dtmf'];

/** connectPstn, connectSip, connectMxp: the number or destination, else the number that was dialled. */
function readConnect(script: CallScript, action: SvamlObject, names: string[], hasAce: boolean): RecordingScope {
  const number = names.length === 0 ? null : action.text(names, { to: 'steps' }, MAX_ENDPOINT);
  const to = number ?? readDestination(action) ?? script.context.call.to;
  const maxDurationMs = readMaxDuration(action, MAX_CALL_S, 'clamp') ?? script.maxDurationMs;
  const suppressed = action.flag(['suppressCallbacks'], { to: 'steps' }) ?? false;
  script.suppressCallbacks(suppressed);
  const rules = readRules(action);
  for (const name of [...CONNECT_DETAILS, ...NOT_OF_CONFERENCES]) action.drop(name, NOT_PLACED);
  const next = hasAce && !suppressed ? script.callback('ace') : null;
  script.add(action.pointer, { kind: 'connect', to, conference: false, maxDurationMs, next, rules });
  return CALL;
}

/** How long the party may ring, and what it hears of keys when it answers (contract §1.2). */
function readRules(action: SvamlObject): ConnectionDemands {
  const seconds =
    action.integer(['dialTimeout'], { min: 0, max: MAX_CALL_S, to: 'steps.connect', beyond: 'clamp' }) ?? 0;
  const digits = readDigits(action, 'dtmf', { to: 'steps.connect' }) ?? '';
  return {
    endsCall: true,
    ...(seconds === 0 ? {} : { ringMs: seconds * 1000 }),
    ...(digits === '' ? {} : { digits }),
  };
}

function readDestination(action: SvamlObject): string | null {
  const pointer = action.find('destination');
  if (pointer === null) return null;
  if (typeof action.value(pointer) === 'string') return action.text(['destination'], { to: 'steps' }, MAX_ENDPOINT);
  const destination = action.child('destination');
  destination?.text(['type'], { to: 'steps' }, MAX_ENDPOINT);
  return destination?.text(['endpoint'], { to: 'steps' }, MAX_ENDPOINT) ?? null;
}

function readConnectConf(script: CallScript, action: SvamlObject): RecordingScope {
  const conferenceId = action.requiredText(['conferenceId'], { to: 'steps' }, MAX_CONFERENCE_ID);
  const maxDurationMs = readMaxDuration(action, MAX_CALL_S, 'clamp') ?? script.maxDurationMs;
  action.flag(['suppressCallbacks'], { to: 'steps' });
  const keys = readConferenceKeys(script, action, conferenceId);
  const music = readMusic(action, ['moh']);
  const rules = { endsCall: true, ...(keys === null ? {} : { keys }), ...(music === null ? {} : { music }) };
  for (const name of [...CONNECT_DETAILS, ...NOT_OF_LEGS]) action.drop(name, NOT_PLACED);
  script.add(action.pointer, { kind: 'connect', to: conferenceId, conference: true, maxDurationMs, next: null, rules });
  return { kind: 'conference', conferenceId };
}

function readConnectStream(script: CallScript, action: SvamlObject): RecordingScope {
  const reason = 'the gateway takes the audio itself and opens no stream to others';
  for (const name of ['destination', 'maxDuration', 'callHeaders', 'streamingOptions']) action.drop(name, reason);
  script.skip(action.pointer, 'connectStream', reason);
  return CALL;
}

function readPark(script: CallScript, action: SvamlObject): RecordingScope {
  const locale = action.text(['locale'], PLAYED);
  script.steps.push(...readPromptMember(script, action, 'introPrompt', locale));
  const prompts = readPromptMember(script, action, 'holdPrompt', locale);
  const maxDurationMs = readMaxDuration(action, MAX_PARK_S, 'clamp');
  script.add(action.pointer, { kind: 'park', maxDurationMs, ...(prompts.length === 0 ? {} : { prompts }) });
  return CALL;
}

function readMaxDuration(action: SvamlObject, max: number, beyond: 'clamp'): number | null {
  const seconds = action.integer(['maxDuration'], { min: 0, max, to: 'steps', beyond });
  return seconds === null || seconds === 0 ? null : seconds * 1000;
}
