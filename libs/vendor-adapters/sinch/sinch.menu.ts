import type { FlowStep } from '#libs/recording-model';
import type { CallScript } from './sinch.call-script.js';
import { PLAYED, readPromptMember } from './sinch.prompts.js';
import { truthOf, type SvamlObject } from './sinch.svaml-reader.js';

/** Flow state of a menu that waits for its result: JSON of `SinchMenuState`. */
export const MENU = 'menu';

/** What a PIE needs to know of the menu that was run. */
export interface SinchMenuState {
  readonly id: string;
  readonly maxDigits: number;
  /** Digit → value that `return(…)` gives. */
  readonly returns: Readonly<Record<string, string>>;
  /** Whether the menu names keys at all; without, whatever is pressed is a sequence. Default: when something returns. */
  readonly hasOptions?: boolean;
}

const ONE_MENU = 'only the main menu is run, once';
const ALWAYS_BARGED = 'a key always cuts the prompt short';
const DEFAULT_TIMEOUT_MS = 5000;

/**
 * Reads runMenu (contract §1.2): the main menu's prompt and options become one collection of digits whose result is
 * sent as PIE.
 * @throws RecgateError `field.missing`, `field.invalid`.
 */
export function readRunMenu(script: CallScript, action: SvamlObject): void {
  const { reading } = script;
  readBarge(action);
  const locale = action.text(['locale'], PLAYED);
  const mainMenu = action.text(['mainMenu'], { to: 'steps' });
  action.drop('enableVoice', 'menus are answered by keys only');
  const pointers = action.list('menus');
  if (pointers === null || pointers.length === 0) throw reading.missing(action.pointer, 'menus');
  const menus = pointers.map((pointer) => action.element(pointer, 'menus'));
  const main = menus.find((menu) => mainMenu !== null && idOf(menu) === mainMenu) ?? menus[0];
  for (const menu of menus) if (menu !== main) reading.claimTree(menu.pointer, 'dropped', { reason: ONE_MENU });
  if (main !== undefined) readMenu(script, action, main, locale);
}

function readMenu(script: CallScript, action: SvamlObject, menu: SvamlObject, locale: string | null): void {
  const id = menu.text(['id'], { to: 'flowState' }) ?? 'main';
  const prompts = promptsOf(script, menu, locale);
  for (const name of ['repeatPrompt', 'repeats', 'maxTimeoutMills']) menu.drop(name, ONE_MENU);
  const rule = { to: 'steps', beyond: 'clamp' } as const;
  const maxDigits = menu.integer(['maxDigits'], { min: 1, max: 64, ...rule }) ?? 1;
  const timeoutMs = menu.integer(['timeoutMills'], { min: 0, max: 600_000, ...rule }) ?? DEFAULT_TIMEOUT_MS;
  const hasOptions = (menu.list('options') ?? []).length > 0;
  const state: SinchMenuState = { id, maxDigits, returns: returnsOf(script, menu), hasOptions };
  script.flowState[MENU] = JSON.stringify(state);
  script.add(action.pointer, {
    kind: 'collectDigits',
    prompts,
    maxDigits,
    finishKeys: '',
    timeoutMs,
    next: script.callback('pie'),
    nextWhenEmpty: true,
  });
}

/** A prompt that may not be interrupted is one all the same: told in the accounting. */
function readBarge(action: SvamlObject): void {
  const pointer = action.find('barge');
  if (pointer !== null && truthOf(action.value(pointer)) === false) action.drop('barge', ALWAYS_BARGED);
  else action.flag(['barge'], { to: 'steps' });
}

function promptsOf(script: CallScript, menu: SvamlObject, locale: string | null): readonly FlowStep[] {
  const step = readPromptMember(script, menu, 'mainPrompt', locale);
  return step === null ? [] : [step];
}

/** `return(x)` options by their digit, which may be a number or a text (contract §2.5 row 10). */
function returnsOf(script: CallScript, menu: SvamlObject): Readonly<Record<string, string>> {
  const found: [string, string][] = [];
  for (const pointer of menu.list('options') ?? []) {
    const option = menu.element(pointer, 'options');
    const digit = option.text(['dtmf'], { to: 'flowState' });
    const actionAt = option.find('action');
    const action = actionAt === null ? null : option.value(actionAt);
    const returned = typeof action === 'string' ? /^\s*return(?:\((.*)\))?\s*$/is.exec(action) : null;
    if (digit !== null && returned !== null) found.push([digit, returned[1] ?? '']);
    if (actionAt === null) continue;
    if (returned !== null) script.reading.claimTree(actionAt, 'exact', { to: 'flowState' });
    else {
      script.reading.claimTree(actionAt, 'dropped', { reason: ONE_MENU });
      script.reading.warn(actionAt, 'Only return(...) is carried out; the key counts as invalid input');
    }
  }
  return Object.fromEntries(found);
}

function idOf(menu: SvamlObject): string | null {
  const pointer = menu.find('id');
  const id = pointer === null ? undefined : menu.value(pointer);
  return typeof id === 'string' ? id : null;
}
