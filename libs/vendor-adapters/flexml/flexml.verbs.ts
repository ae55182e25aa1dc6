import { type CollectDigitsAction, type FlowAction, type FlowStep } from '#libs/recording-model';
import type { XmlElement } from '../shared/index.js';
import { AttributeReader } from './attribute-reader.js';
import { storedFileUrl } from './flexml.names.js';
import { ALL_KEYS, readKeys } from './keys.js';
import { AMD_PURPOSE } from './flexml.flow-renderer.js';
import { flowRequest, flowRequestAttribute, readMethod, urlText, type MapContext } from './map-context.js';
import { shownValue } from './redaction.js';
import { readSkipped } from './skipped-element.js';

type VerbMapper = (element: XmlElement, reader: AttributeReader, context: MapContext) => readonly FlowAction[];

const NO_DETECTOR = 'nobody analyses who has answered: its status is NOTSURE';
const AMD_SETTINGS = [
  'initialSilence',
  'greeting',
  'afterGreetingSilence',
  'totalAnalysisTime',
  'minSilence',
  'minWordLength',
  'betweenWordsSilence',
  'maximumNumberOfWords',
  'maximumWordLength',
  'silenceThreshold',
];
const NO_STEP = 'the gateway has no step for it';
/** How long a Dial rings that does not say it: as long as a call of the Calls API (contract §1.6). */
const ANSWER_SECONDS = 30;

/** Verbs other than Record (contract §5), lower case; whatever is not here is skipped with a warning. */
const VERBS: ReadonlyMap<string, VerbMapper> = new Map<string, VerbMapper>([
  ['say', readSay],
  ['play', readPlay],
  ['pause', readPause],
  ['wait', readPause],
  ['gather', readGather],
  ['preanswer', readPreAnswer],
  ['amd', readAmd],
  ['redirect', readRedirect],
  ['hangup', (_element, reader) => endOfCall(reader, 'hangup', ['callInfo'])],
  ['reject', (_element, reader) => endOfCall(reader, 'reject', ['reason'])],
  ['dial', readDial],
  ['dtmf', readDtmf],
]);

/** Verbs that read what stands in them themselves. */
const CONTAINERS = new Set(['play', 'gather', 'preanswer', 'dial']);

/** Verbs that Gather and PreAnswer may hold. */
const PROMPTS = new Set(['say', 'play', 'pause', 'wait']);

/**
 * Reads one verb into steps.
 * @throws RecgateError `field.invalid` for a value outside the contract.
 */
export function readVerb(element: XmlElement, context: MapContext): readonly FlowAction[] {
  const mapper = VERBS.get(element.name.toLowerCase());
  if (mapper === undefined) return readSkipped(element, context);
  const reader = new AttributeReader(element, context.log);
  const actions = mapper(element, reader, context);
  reader.finish();
  accountStrayContent(element, context);
  return actions;
}

function readSay(element: XmlElement, reader: AttributeReader, { log }: MapContext): readonly FlowAction[] {
  const to = 'step.speak';
  const repeat = reader.integer('loop', { max: 100, fallback: 1, to: `${to}.repeat` });
  const pauseMs =
    reader.integer('loopPause', { fallback: 0, to: `${to}.pauseMs`, outcome: 'converted', reason: 's to ms' }) * 1000;
  const voice = reader.text('voice', { to: `${to}.voice` });
  const language = reader.text('language', { to: `${to}.language` });
  if (element.text === null) return skip(element, 'there is nothing to say', reader);
  const text = element.text.value.replace(/\s+/g, ' ');
  if (text.length > 1024) log.warn('Say holds more than 1,024 characters', element.text.at);
  log.account(element.text.at, { value: shownValue(element.text), outcome: 'exact', to: `${to}.text` });
  return [{ kind: 'speak', text, language, voice, repeat, pauseMs }];
}

/**
 * With `action` the document at that URL replaces this one after the audio, with `errorAction` that one when the audio
 * cannot be had (contract §5).
 */
function readPlay(element: XmlElement, reader: AttributeReader, context: MapContext): readonly FlowAction[] {
  const background = reader.flag('background', { to: 'step.playMedia.background' });
  const repeat = reader.integer('loop', { fallback: 1, to: 'step.playMedia.repeat' });
  const next = flowRequestAttribute(reader, { url: 'action', method: 'method' }, context);
  const digits = reader.text('digits', { to: 'step.sendDigits' });
  const failed = flowRequestAttribute(reader, { url: 'errorAction', method: 'errorMethod' }, context);
  const onFailed = failed === null || background ? {} : { onFailed: failed };
  if (failed !== null && background)
    context.log.warn('errorAction: audio in the background does not branch', element.at);
  reader.drop(['forwardOnKey', 'rewindOnKey', 'controlSkip', 'pauseOnKey', 'stopOnKey'], NO_STEP);
  const url = readFileNoun(element, context) ?? urlText(element, context, 'step.playMedia.url')?.url ?? null;
  if (url === null && digits === null) return skip(element, 'there is nothing to play', reader);
  return [
    ...(url === null ? [] : [{ kind: 'playMedia', url, repeat, background, ...onFailed } as const]),
    ...(digits === null ? [] : [{ kind: 'sendDigits', digits } as const]),
    ...(next === null ? [] : [{ kind: 'fetch', request: next } as const]),
  ];
}

/** `<File>` names a file of the own store, by attribute or as text. */
function readFileNoun(element: XmlElement, context: MapContext): string | null {
  const file = element.children.find((child) => child.name.toLowerCase() === 'file');
  for (const child of element.children) if (child !== file) readSkipped(child, context);
  if (file === undefined) return null;
  const reader = new AttributeReader(file, context.log);
  const fate = { to: 'step.playMedia.url', outcome: 'converted' as const, reason: 'the link of the file' };
  const sid = reader.text('fileSid', fate) ?? reader.text('sid', fate);
  reader.finish();
  for (const child of file.children) readSkipped(child, context);
  if (file.text !== null) context.log.account(file.text.at, { value: file.text.value, ...fate });
  const name = sid ?? file.text?.value ?? null;
  return name === null ? null : storedFileUrl(name, context.application);
}

function readPause(_element: XmlElement, reader: AttributeReader): readonly FlowAction[] {
  const seconds = reader.integer('length', {
    fallback: 1,
    to: 'step.wait.durationMs',
    outcome: 'converted',
    reason: 's to ms',
  });
  reader.drop(['silence', 'minSilence', 'noise', 'minNoise'], 'the gateway waits for the whole length');
  return [{ kind: 'wait', durationMs: seconds * 1000 }];
}

function readGather(element: XmlElement, reader: AttributeReader, context: MapContext): readonly FlowAction[] {
  const to = 'step.collectDigits';
  const action: CollectDigitsAction = {
    kind: 'collectDigits',
    prompts: element.children.flatMap((child) => readPrompt(child, context)),
    maxDigits: reader.integer('numDigits', { min: 1, to: `${to}.maxDigits` }),
    finishKeys: readKeys(reader, { name: 'finishOnKey', fallback: '#', to: `${to}.finishKeys` }),
    timeoutMs:
      reader.integer('timeout', { fallback: 5, to: `${to}.timeoutMs`, outcome: 'converted', reason: 's to ms' }) * 1000,
    next: flowRequestAttribute(reader, { url: 'action', method: 'method' }, context),
    nextWhenEmpty: reader.flag('actionOnEmptyResult', { to: `${to}.nextWhenEmpty` }),
    ...(reader.has('validDigits')
      ? { validKeys: readKeys(reader, { name: 'validDigits', fallback: ALL_KEYS, to: `${to}.validKeys` }) }
      : {}),
  };
  return [action];
}

/** Prompts before the call is answered; who carries the call decides whether its party hears them by then. */
function readPreAnswer(element: XmlElement, _reader: AttributeReader, context: MapContext): readonly FlowAction[] {
  return element.children.flatMap((child) => readPrompt(child, context));
}

/**
 * Nobody analyses who has answered, and that is what `action` hears: NOTSURE is one of the vendor's own answers, so the
 * application goes on as it does when detection fails (contract §5, Amd).
 */
function readAmd(element: XmlElement, reader: AttributeReader, context: MapContext): readonly FlowAction[] {
  const request = flowRequestAttribute(reader, { url: 'action', method: 'method' }, context, AMD_PURPOSE);
  reader.drop(AMD_SETTINGS, NO_DETECTOR);
  if (request === null) return skip(element, NO_DETECTOR, reader);
  context.log.warn(`${element.name}: ${NO_DETECTOR}`, element.at);
  return [{ kind: 'fetch', request }];
}

function readPrompt(element: XmlElement, context: MapContext): FlowStep[] {
  const actions = PROMPTS.has(element.name.toLowerCase()) ? readVerb(element, context) : readSkipped(element, context);
  return actions.map((action) => ({ at: element.at, ...action }));
}

function readRedirect(element: XmlElement, reader: AttributeReader, context: MapContext): readonly FlowAction[] {
  const to = 'step.fetch.request';
  const resolved = urlText(element, context, to);
  if (resolved === null) return skip(element, 'there is no URL', reader, ['method']);
  const method = readMethod(reader, 'method', to);
  return [{ kind: 'fetch', request: flowRequest('redirect', resolved, method, element.at, context) }];
}

function endOfCall(
  reader: AttributeReader,
  kind: 'hangup' | 'reject',
  unused: readonly string[],
): readonly FlowAction[] {
  reader.drop(unused, NO_STEP);
  return [{ kind }];
}

/** Numbers stand as text or as `<Number>`; of several the gateway calls the first (contract §5). */
function readDial(element: XmlElement, reader: AttributeReader, context: MapContext): readonly FlowAction[] {
  const { log } = context;
  const next = flowRequestAttribute(reader, { url: 'action', method: 'method' }, context);
  const seconds = reader.integer('timeLimit', {
    min: 1,
    to: 'step.connect.maxDurationMs',
    outcome: 'converted',
    reason: 's to ms',
  });
  reader.drop(
    ['containerSid'],
    'recording by Dial itself is not described by the contract; use Record with recordSession',
  );
  const answerSeconds = reader.integer('timeout', { min: 1, fallback: ANSWER_SECONDS, to: 'step.connect.rules.answerMs', outcome: 'converted', reason: 's to ms' });
  reader.drop(['callerId', 'hangupOnStar', 'errorAction', 'errorMethod'], NO_STEP);
  const isNumber = (child: XmlElement): boolean => child.name.toLowerCase() === 'number';
  const targets = element.children.filter(isNumber).flatMap((child) => readNumber(child, context));
  for (const child of element.children) if (!isNumber(child)) readSkipped(child, context);
  if (element.text !== null) targets.unshift({ ...element.text, digits: null });
  const [first, ...others] = targets;
  if (first === undefined) return skip(element, 'there is no number to dial', reader);
  log.account(first.at, { value: first.value, outcome: 'exact', to: 'step.connect.to' });
  for (const other of others)
    log.account(other.at, { value: other.value, outcome: 'dropped', reason: 'only the first number is dialled' });
  if (others.length > 0) log.warn('Of several numbers only the first is dialled', element.at);
  return [
    {
      kind: 'connect',
      to: first.value,
      conference: false,
      maxDurationMs: seconds === null ? null : seconds * 1000,
      next,
      rules: { answerMs: answerSeconds * 1000, ...(first.digits === null ? {} : { digits: first.digits }) },
    },
  ];
}

/** A number, and the keys that whoever answers there hears first. */
type DialTarget = NonNullable<XmlElement['text']> & { readonly digits: string | null };

function readNumber(element: XmlElement, { log }: MapContext): DialTarget[] {
  const reader = new AttributeReader(element, log);
  const digits = reader.text('sendDigits', { to: 'step.connect.rules.digits' });
  reader.finish();
  return element.text === null ? [] : [{ ...element.text, digits }];
}

function readDtmf(element: XmlElement, reader: AttributeReader, { log }: MapContext): readonly FlowAction[] {
  const to = 'step.sendDigits.digits';
  const attribute = reader.text('digits', { to });
  if (attribute !== null) return [{ kind: 'sendDigits', digits: attribute }];
  if (element.text === null) return skip(element, 'there are no digits', reader);
  log.account(element.text.at, { value: element.text.value, outcome: 'exact', to });
  return [{ kind: 'sendDigits', digits: element.text.value }];
}

function skip(
  element: XmlElement,
  reason: string,
  reader: AttributeReader,
  unused: readonly string[] = [],
): readonly FlowAction[] {
  reader.drop(unused, reason);
  reader.log.warn(`${element.name} is skipped: ${reason}`, element.at);
  return [{ kind: 'skipped', name: element.name, reason }];
}

/** Text and elements that the verb has no use for. */
function accountStrayContent(element: XmlElement, context: MapContext): void {
  const { log } = context;
  if (!CONTAINERS.has(element.name.toLowerCase())) for (const child of element.children) readSkipped(child, context);
  if (element.text === null || log.isAccounted(element.text.at.path)) return;
  log.account(element.text.at, { value: shownValue(element.text), outcome: 'unknown' });
  log.warn(`${element.name} holds text that has no meaning`, element.text.at);
}
