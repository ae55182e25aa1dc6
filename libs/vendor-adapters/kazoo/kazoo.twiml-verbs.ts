import type { CollectDigitsAction, FlowAction, FlowStep } from '#libs/recording-model';
import type { XmlElement, XmlText } from '../shared/index.js';
import { metaflowOwners } from './kazoo.metaflow-keys.js';
import { TwimlAttributes } from './kazoo.twiml-attributes.js';
import { readTwimlRecord } from './kazoo.twiml-record.js';
import { requestOf, textUrl, type TwimlScope } from './kazoo.twiml-scope.js';

type VerbReader = (element: XmlElement, attributes: TwimlAttributes, scope: TwimlScope) => readonly FlowAction[];

const DAY_S = 86_400;
const NO_STEP = 'the gateway has no step for it';

/** Verbs of TwiML, lower case; whatever is not here is skipped with a warning. */
const VERBS: ReadonlyMap<string, VerbReader> = new Map<string, VerbReader>([
  ['record', (element, _attributes, scope) => readTwimlRecord(element, scope)],
  ['say', say],
  ['play', play],
  ['pause', pause],
  ['gather', gather],
  ['dial', dial],
  ['redirect', redirect],
  ['hangup', (): readonly FlowAction[] => [{ kind: 'hangup' }]],
  ['reject', reject],
]);

/** What may stand in a Gather. */
const PROMPTS: ReadonlySet<string> = new Set(['say', 'play', 'pause']);

/** Whom a Dial may name; of several the first is called. */
const DIALLED: ReadonlySet<string> = new Set(['number', 'sip', 'user', 'conference']);

/** Reads one verb into steps; every field in it has its accounting entry afterwards. */
export function readTwimlVerb(element: XmlElement, scope: TwimlScope): readonly FlowStep[] {
  const read = VERBS.get(element.name.toLowerCase());
  if (read === undefined) return [skipped(element, 'the gateway does not carry out this verb', scope)];
  const attributes = new TwimlAttributes(element, scope.log);
  const actions = read(element, attributes, scope);
  attributes.finish();
  accountBelow(element, 'unknown', 'it has no meaning here', scope);
  return actions.map((action) => ({ at: element.at, ...action }));
}

function say(element: XmlElement, attributes: TwimlAttributes, scope: TwimlScope): readonly FlowAction[] {
  const repeat = attributes.integer('loop', 1, { to: 'step.speak.repeat' });
  const voice = attributes.text('voice', 'step.speak.voice');
  const language = attributes.text('language', 'step.speak.language');
  const text = textOf(element, 'step.speak.text', scope);
  if (text === null) return [skipped(element, 'there is nothing to say', scope)];
  return [{ kind: 'speak', text: text.replace(/\s+/g, ' '), language, voice, repeat, pauseMs: 0 }];
}

function play(element: XmlElement, attributes: TwimlAttributes, scope: TwimlScope): readonly FlowAction[] {
  const repeat = attributes.integer('loop', 1, { to: 'step.playMedia.repeat' });
  const target = textUrl(element, 'step.playMedia.url', scope);
  if (target === null) return [skipped(element, 'there is nothing to play', scope)];
  const { url, userinfo } = target;
  return [{ kind: 'playMedia', url, repeat, background: false, ...(userinfo === null ? {} : { userinfo }) }];
}

function pause(_element: XmlElement, attributes: TwimlAttributes): readonly FlowAction[] {
  return [{ kind: 'wait', durationMs: Math.min(DAY_S * 1000, attributes.seconds('length', 1, 'step.wait.durationMs')) }];
}

function gather(element: XmlElement, attributes: TwimlAttributes, scope: TwimlScope): readonly FlowAction[] {
  const to = 'step.collectDigits';
  const most = attributes.integer('numDigits', 0, { to: `${to}.maxDigits` });
  const action: CollectDigitsAction = {
    kind: 'collectDigits',
    prompts: element.children.flatMap((child) =>
      PROMPTS.has(child.name.toLowerCase()) ? readTwimlVerb(child, scope) : [skipped(child, 'it may not stand here', scope)],
    ),
    maxDigits: most === 0 ? null : most,
    finishKeys: attributes.keys('finishOnKey', '#', `${to}.finishKeys`),
    timeoutMs: attributes.seconds('timeout', 5, `${to}.timeoutMs`),
    next: requestOf(attributes, scope),
    nextWhenEmpty: false,
  };
  return [action];
}

function dial(element: XmlElement, attributes: TwimlAttributes, scope: TwimlScope): readonly FlowAction[] {
  const limitMs = attributes.seconds('timeLimit', 0, 'step.connect.maxDurationMs');
  const next = requestOf(attributes, scope);
  attributes.drop(['timeout', 'callerId', 'hangupOnStar', 'record'], NO_STEP);
  const noun = element.children.find((child) => DIALLED.has(child.name.toLowerCase()) && child.text !== null);
  const to = textOf(noun ?? element, 'step.connect.to', scope);
  const others = element.children.filter((child) => child !== noun);
  for (const child of others) skipped(child, 'the first that is named is dialled', scope);
  if (to === null) return [skipped(element, 'there is nobody to dial', scope)];
  const kind = noun?.name.toLowerCase() ?? 'number';
  // Keys of a user run that user's metaflows.
  const owners = kind === 'user' ? { owners: metaflowOwners(kind, to) } : {};
  return [{ kind: 'connect', to, conference: kind === 'conference', maxDurationMs: limitMs === 0 ? null : limitMs, next, ...owners }];
}

function redirect(element: XmlElement, attributes: TwimlAttributes, scope: TwimlScope): readonly FlowAction[] {
  const to = 'step.fetch.request';
  const target = textUrl(element, to, scope);
  if (target === null) return [skipped(element, 'there is no URL', scope)];
  return [{ kind: 'fetch', request: { purpose: 'redirect', method: attributes.method('method', to), ...target } }];
}

function reject(_element: XmlElement, attributes: TwimlAttributes): readonly FlowAction[] {
  attributes.drop(['reason'], NO_STEP);
  return [{ kind: 'reject' }];
}

function textOf({ text }: { readonly text: XmlText | null }, to: string, { log }: TwimlScope): string | null {
  if (text === null) return null;
  log.account(text.at, { value: log.shown(text), outcome: 'exact', to });
  return text.value;
}

/** Leaves an element out with a warning. */
function skipped(element: XmlElement, reason: string, scope: TwimlScope): FlowStep {
  scope.log.warn(`${element.name} is skipped: ${reason}`, element.at);
  accountBelow(element, 'dropped', reason, scope);
  return { at: element.at, kind: 'skipped', name: element.name, reason };
}

/** One outcome for every field of the element and below it that has none yet. */
function accountBelow(element: XmlElement, outcome: 'dropped' | 'unknown', reason: string, scope: TwimlScope): void {
  const { log } = scope;
  for (const field of [...element.attributes, ...(element.text === null ? [] : [element.text])]) {
    if (!log.isAccounted(field.at.path)) log.account(field.at, { value: log.shown(field), outcome, reason });
  }
  for (const child of element.children) accountBelow(child, outcome, reason, scope);
}
