import type { FlowAction, FlowRequest, FlowStep } from '#libs/recording-model';
import { awaited, type MappedAction } from './aculab.mapped-action.js';
import { promptActions } from './aculab.media-list.js';
import { ObjectReader } from './aculab.object-reader.js';
import { webPageRequest } from './aculab.web-page-request.js';

const GET_NUMBER_NOTES = 'spoken repetitions and key filters are not carried out';

/** Collects a number (contract §7); the page is asked even when nothing was pressed. */
export function getNumber(action: ObjectReader): MappedAction {
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
export function runMenu(action: ObjectReader): MappedAction {
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

function asSteps(action: ObjectReader, actions: readonly FlowAction[]): readonly FlowStep[] {
  const at = action.scope.document.positionOf(action.path('prompt'));
  return actions.map((each) => ({ at, ...each }));
}
