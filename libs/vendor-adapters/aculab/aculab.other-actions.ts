import {
  NOT_YET_EXECUTED,
  type FlowAction,
  type FlowRequest,
  type FlowStep,
  type JsonObject,
} from '#libs/recording-model';
import { isJsonObject } from '../shared/index.js';
import { mediaFile, playActions, promptActions } from './aculab.media-list.js';
import { ObjectReader, dropAll } from './aculab.object-reader.js';
import { recordAction } from './aculab.record-action.js';
import { webPageRequest } from './aculab.web-page-request.js';

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

type ActionMapper = (action: ObjectReader, token: string | null) => MappedAction;

/** The actions of contract §7 that the gateway carries out. */
export const ACTION_MAPPERS: Readonly<Record<string, ActionMapper>> = {
  record: (action, token) => {
    const { nextPage, ...step } = recordAction(action.withOwnSecrets(), token);
    return { steps: [step], ends: nextPage !== null, ...awaited('record', nextPage) };
  },
  play: (action) => ({ steps: playActions(action), ends: false }),
  answer: () => ({ steps: [{ kind: 'answer' }], ends: false }),
  reject: () => ({ steps: [{ kind: 'reject' }], ends: true }),
  hang_up: () => ({ steps: [{ kind: 'hangup' }], ends: true }),
  sleep,
  redirect,
  delete_file: deleteFile,
  get_number: getNumber,
  run_menu: runMenu,
  connect,
  connect_to_conference: connectToConference,
};

/** Known actions that are passed over with a warning; the list goes on behind them. */
export const SKIPPED_ACTIONS: Readonly<Record<string, string>> = {
  get_input: 'speech input is not carried out',
  run_speech_menu: 'speech input is not carried out',
  start_transcription: `${NOT_YET_EXECUTED}: transcription`,
  stop_transcription: `${NOT_YET_EXECUTED}: transcription`,
  send_fax: 'fax is not carried out',
  receive_fax: 'fax is not carried out',
};

function sleep(action: ObjectReader): MappedAction {
  const name = action.has('seconds') ? 'seconds' : 'seconds_duration';
  const durationMs = action.seconds(name, { to: 'wait.durationMs' });
  if (durationMs === undefined) throw action.missing(name);
  return { steps: [{ kind: 'wait', durationMs }], ends: false };
}

/** The page is told of no action result (contract §1.3). */
function redirect(action: ObjectReader): MappedAction {
  const page = webPageRequest(action, 'next_page', 'fetch.request');
  if (page === null) throw action.missing('next_page');
  return { steps: [{ kind: 'fetch', request: { ...page, purpose: 'redirect' } }], ends: true };
}

function deleteFile(action: ObjectReader): MappedAction {
  const written = action.string('filename', { to: 'deleteFile.file' });
  if (written === undefined) throw action.missing('filename');
  return { steps: [{ kind: 'deleteFile', file: mediaFile(action, 'filename', written) }], ends: false };
}

const GET_NUMBER_NOTES = 'spoken repetitions and key filters are not carried out';

function getNumber(action: ObjectReader): MappedAction {
  for (const name of [
    'valid_digits',
    'help_digit',
    'on_digit_timeout_messages',
    'on_invalid_digit_messages',
    'milliseconds_initial_timeout',
    'seconds_timeout',
  ])
    if (action.has(name)) action.drop(name, GET_NUMBER_NOTES);
  const next = webPageRequest(action, 'next_page', 'collectDigits.next');
  if (next === null && action.scope.version === 2) throw action.missing('next_page');
  const count = action.integer('digit_count', 0, { to: 'collectDigits.maxDigits' }) ?? 0;
  return {
    steps: [
      {
        kind: 'collectDigits',
        prompts: asSteps(action, promptActions(action)),
        maxDigits: count === 0 ? null : count,
        finishKeys: oneKey(action, 'end_digit', '#'),
        timeoutMs: interDigitTimeoutMs(action),
        next,
        nextWhenEmpty: true,
      },
    ],
    ends: next !== null,
    ...awaited('get_number', next),
  };
}

function interDigitTimeoutMs(action: ObjectReader): number {
  const to = 'collectDigits.timeoutMs';
  const seconds = action.seconds('seconds_digit_timeout', { to });
  return seconds ?? action.integer('milliseconds_inter_digit_timeout', 1, { to }) ?? 5000;
}

function oneKey(owner: ObjectReader, name: string, byDefault: string): string {
  const key = owner.string(name, { to: 'collectDigits.finishKeys' }) ?? byDefault;
  if (!/^[0-9*#A-D]?$/.test(key)) throw owner.refused(name, 'must be one key of 0-9, *, # and A-D');
  return key;
}

/** The page is chosen by the key when it is asked; without a key the flow ends. */
function runMenu(action: ObjectReader): MappedAction {
  for (const name of ['help_digit', 'on_digit_timeout_messages', 'on_invalid_digit_messages'])
    if (action.has(name)) action.drop(name, GET_NUMBER_NOTES);
  const options = action.value('menu_options');
  if (!Array.isArray(options) || options.length === 0)
    throw action.refused('menu_options', 'must be a list of menu options');
  const pages = options.map((_option, index) => menuOption(action, index));
  const next = pages[0]?.page ?? null;
  return {
    steps: [
      {
        kind: 'collectDigits',
        prompts: asSteps(action, promptActions(action)),
        maxDigits: 1,
        finishKeys: '',
        timeoutMs: action.seconds('seconds_digit_timeout', { to: 'collectDigits.timeoutMs' }) ?? 5000,
        next,
        nextWhenEmpty: false,
      },
    ],
    ends: false,
    ...awaited(
      'run_menu',
      next,
      Object.fromEntries(pages.map(({ key, page }) => [key, { url: page.url, method: page.method }])),
    ),
  };
}

function menuOption(action: ObjectReader, index: number): { readonly key: string; readonly page: FlowRequest } {
  const option = ObjectReader.at(action.scope, `${action.path('menu_options')}/${index}`);
  const key = oneKey(option, 'digit', '');
  if (key === '') throw option.missing('digit');
  const page = webPageRequest(option, 'next_page', 'collectDigits.next');
  if (page === null) throw option.missing('next_page');
  return { key, page };
}

/** The first destination is dialled; a `con:` prefix names a conference room (contract §9). */
function connect(action: ObjectReader): MappedAction {
  const { owner, name } = destinationMember(action);
  const written = owner.string(name, { to: 'connect.to' });
  if (written === undefined) throw action.missing('destinations');
  const conference = written.startsWith('con:');
  return connected(action, conference ? written.slice(4) : written, conference);
}

function destinationMember(action: ObjectReader): { readonly owner: ObjectReader; readonly name: string } {
  const list = action.value('destinations');
  if (!Array.isArray(list) || list.length === 0) return { owner: action, name: 'call_to' };
  for (let index = 1; index < list.length; index += 1)
    dropAll(action.scope, `${action.path('destinations')}/${index}`, 'only the first destination is dialled');
  const first: unknown = list[0];
  return isJsonObject(first as JsonObject)
    ? { owner: ObjectReader.at(action.scope, `${action.path('destinations')}/0`), name: 'call_to' }
    : { owner: ObjectReader.ofList(action.scope, action.path('destinations')), name: '0' };
}

function connectToConference(action: ObjectReader): MappedAction {
  const name = action.has('conference_name') ? 'conference_name' : 'conference_room';
  const to = action.string(name, { to: 'connect.to' });
  if (to === undefined) throw action.missing(name);
  return connected(action, to, true);
}

function connected(action: ObjectReader, to: string, conference: boolean): MappedAction {
  const next = webPageRequest(action, 'next_page', 'connect.next');
  return {
    steps: [{ kind: 'connect', to, conference, maxDurationMs: null, next }],
    ends: next !== null,
    ...awaited('connect', next),
  };
}

function asSteps(action: ObjectReader, actions: readonly FlowAction[]): readonly FlowStep[] {
  const at = action.scope.document.positionOf(action.path('prompt'));
  return actions.map((each) => ({ at, ...each }));
}

function awaited(action: string, page: FlowRequest | null, keys?: JsonObject): { readonly nextPage?: AwaitedPage } {
  if (page === null) return {};
  return { nextPage: { url: page.url, action, ...(keys === undefined ? {} : { keys }) } };
}
