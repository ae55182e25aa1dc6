import type { CollectDigitsAction, FlowAction, FlowRequest, FlowStep } from '#libs/recording-model';
import { awaited, type MappedAction } from './aculab.mapped-action.js';
import { playMedia, promptActions } from './aculab.media-list.js';
import { ObjectReader } from './aculab.object-reader.js';
import { settingOf } from './aculab.settings.js';
import { webPageRequest } from './aculab.web-page-request.js';

const KEYS = /^[0-9*#A-D]*$/;

/** What is said where the action brings no messages of its own, one after the other. */
const MESSAGES = {
  on_digit_timeout_messages: [
    'Sorry, no key was heard.',
    'Please listen to the instructions, then press the keys of your telephone.',
  ],
  on_invalid_digit_messages: [
    'Sorry, this key is not one of the choices.',
    'Please listen to the instructions and press one of the keys they name.',
  ],
} as const;

/**
 * Collects a number (contract §7). The page is asked when there is one; the list goes on when all has been said and
 * nothing was pressed.
 */
export function getNumber(action: ObjectReader): MappedAction {
  const next = webPageRequest(action, 'next_page', 'collectDigits.next');
  if (next === null && action.scope.version === 2) throw action.missing('next_page');
  const count = action.integer('digit_count', 0, { to: 'collectDigits.maxDigits' }) ?? 0;
  const finishKeys = oneKey(action, 'end_digit', '#', 'collectDigits.finishKeys');
  if (count === 0 && finishKeys === '')
    throw action.refused('digit_count', 'must not be 0 where no key ends the number');
  const valid = action.string('valid_digits', { to: 'collectDigits.validKeys' }) ?? '0123456789';
  if (!KEYS.test(valid)) throw action.refused('valid_digits', 'may hold only the keys 0-9, *, # and A-D');
  const step: CollectDigitsAction = {
    kind: 'collectDigits',
    prompts: asSteps(action, 'prompt', promptActions(action)),
    maxDigits: count === 0 ? null : count,
    finishKeys,
    validKeys: valid,
    ...numberTimes(action),
    ...repetitions(action),
    next,
    nextWhenEmpty: false,
  };
  return { steps: [step], ends: false, ...awaited('get_number', next) };
}

type Times = Pick<CollectDigitsAction, 'timeoutMs' | 'firstTimeoutMs' | 'totalTimeoutMs'>;

/** Version 1 has one wait for each digit; version 2 one for all, one for the first and one for each other. */
function numberTimes(action: ObjectReader): Times {
  if (action.has('seconds_digit_timeout') || action.scope.version === 1) return { timeoutMs: digitTimeoutMs(action) };
  const totalTimeoutMs = action.seconds('seconds_timeout', { to: 'collectDigits.totalTimeoutMs' }) ?? 30_000;
  const wait = (name: string, to: string, byDefault: number): number => {
    const written = action.integer(name, -2_147_483_647, { to });
    if (written === undefined) return byDefault;
    return written > 0 ? written : totalTimeoutMs;
  };
  const timeoutMs = wait('milliseconds_inter_digit_timeout', 'collectDigits.timeoutMs', 5000);
  const firstTimeoutMs = wait('milliseconds_initial_timeout', 'collectDigits.firstTimeoutMs', timeoutMs);
  return { timeoutMs, firstTimeoutMs, totalTimeoutMs };
}

function digitTimeoutMs(action: ObjectReader): number {
  return action.seconds('seconds_digit_timeout', { to: 'collectDigits.timeoutMs' }) ?? 5000;
}

/** The page is chosen by the key; without one the list goes on. */
export function runMenu(action: ObjectReader): MappedAction {
  const options = action.value('menu_options');
  if (!Array.isArray(options) || options.length === 0)
    throw action.refused('menu_options', 'must be a list of menu options');
  const pages = options.map((_option, index) => menuOption(action, index));
  const next = pages[0]?.page ?? null;
  const step: CollectDigitsAction = {
    kind: 'collectDigits',
    prompts: asSteps(action, 'prompt', promptActions(action)),
    maxDigits: 1,
    finishKeys: '',
    validKeys: pages.map(({ key }) => key).join(''),
    timeoutMs: digitTimeoutMs(action),
    ...repetitions(action),
    next,
    nextWhenEmpty: false,
  };
  const keys = pages.map(({ key, page: { url, method, userinfo } }) => {
    return [key, { url, method, userinfo: userinfo === null ? null : { ...userinfo } }] as const;
  });
  return { steps: [step], ends: false, ...awaited('run_menu', next, Object.fromEntries(keys)) };
}

function menuOption(action: ObjectReader, index: number): { readonly key: string; readonly page: FlowRequest } {
  const option = ObjectReader.at(action.scope, `${action.path('menu_options')}/${index}`);
  const key = oneKey(option, 'digit', '', 'collectDigits.validKeys');
  if (key === '') throw option.missing('digit');
  const page = webPageRequest(option, 'next_page', 'collectDigits.next');
  if (page === null) throw option.missing('next_page');
  return { key, page };
}

/** The help digit, and what is said to those who press nothing or another key. */
function repetitions(action: ObjectReader): Pick<CollectDigitsAction, 'helpKey' | 'onTimeout' | 'onInvalid'> {
  const helpKey = oneKey(action, 'help_digit', '*', 'collectDigits.helpKey');
  return {
    ...(helpKey === '' ? {} : { helpKey }),
    onTimeout: messages(action, 'on_digit_timeout_messages', 'collectDigits.onTimeout'),
    onInvalid: messages(action, 'on_invalid_digit_messages', 'collectDigits.onInvalid'),
  };
}

function messages(action: ObjectReader, name: keyof typeof MESSAGES, to: string): readonly (readonly FlowStep[])[] {
  const given = action.value(name);
  if (given === undefined) {
    action.string(name, { to });
    return MESSAGES[name].map((text) => asSteps(action, name, [spoken(action, text)]));
  }
  if (!Array.isArray(given)) throw action.refused(name, 'must be a list of play actions');
  if (given.length === 0) action.account(name, { to });
  return given.map((_message, index) =>
    asSteps(action, name, playMedia(action.scope, `${action.path(name)}/${index}`)),
  );
}

function spoken(action: ObjectReader, text: string): FlowAction {
  const voice = settingOf(action.scope.application, 'voice') ?? null;
  return { kind: 'speak', text, language: null, voice, repeat: 1, pauseMs: 0 };
}

function oneKey(owner: ObjectReader, name: string, byDefault: string, to: string): string {
  const key = owner.string(name, { to }) ?? byDefault;
  if (key.length > 1 || !KEYS.test(key)) throw owner.refused(name, 'must be one key of 0-9, *, # and A-D');
  return key;
}

function asSteps(action: ObjectReader, name: string, actions: readonly FlowAction[]): readonly FlowStep[] {
  const at = action.scope.document.positionOf(action.path(name));
  return actions.map((each) => ({ at, ...each }));
}
