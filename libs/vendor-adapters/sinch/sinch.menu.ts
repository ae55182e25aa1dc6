import type { FlowRequest, FlowStep, JsonValue } from '#libs/recording-model';
import { isJsonObject } from '../shared/index.js';
import type { CallScript } from './sinch.call-script.js';
import { PLAYED, readPromptMember } from './sinch.prompts.js';
import { withoutUserinfo, type SvamlObject } from './sinch.svaml-reader.js';

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
  /** Digit → menu that `menu(…)` leads to. */
  readonly menus?: Readonly<Record<string, string>>;
  /** How often it is still run again when nothing valid is pressed. */
  readonly repeats?: number;
  /** What the next menu is made of, where there can be one; `at`: this menu's place among all. */
  readonly run?: { readonly menus: readonly JsonValue[]; readonly at: number; readonly locale?: string; readonly barge?: boolean };
}

const OF_VOICE = 'it limits the time of spoken input only';
const KEYS_ONLY = 'speech is taken in addition to keys; menus are answered by keys here';
const MAX_REPEATS = 100;
const DEFAULT_TIMEOUT_MS = 5000;

/**
 * Reads runMenu (contract §1.2): the main menu's prompt and options become one collection of digits. Its result is sent
 * as PIE, unless it leads to another menu or the same once more (`nextMenu`).
 * @throws RecgateError `field.missing`, `field.invalid`.
 */
export function readRunMenu(script: CallScript, action: SvamlObject): void {
  const { reading } = script;
  const barge = action.flag(['barge'], { to: 'steps' }) ?? true;
  const locale = action.text(['locale'], PLAYED);
  const mainMenu = action.text(['mainMenu'], { to: 'steps' });
  action.drop('enableVoice', KEYS_ONLY);
  const pointers = action.list('menus');
  if (pointers === null || pointers.length === 0) throw reading.missing(action.pointer, 'menus');
  const menus = pointers.map((pointer) => action.element(pointer, 'menus'));
  const main = menus.find((menu) => mainMenu !== null && idOf(menu) === mainMenu) ?? menus[0];
  for (const menu of menus) if (menu !== main) reading.claimTree(menu.pointer, 'exact', { to: 'flowState' });
  if (main === undefined) return;
  const run = {
    menus: menus.map(({ pointer }) => reading.document.at(pointer) ?? null),
    at: menus.indexOf(main),
    ...(locale === null ? {} : { locale }),
    ...(barge ? {} : { barge }),
  };
  readMenu(script, action, main, run);
}

function readMenu(script: CallScript, action: SvamlObject, menu: SvamlObject, run: Run): void {
  const locale = run.locale ?? null;
  const id = menu.text(['id'], { to: 'flowState' }) ?? 'main';
  const prompts = promptsOf(script, menu, locale);
  menu.text(['repeatPrompt'], { to: 'flowState' });
  menu.drop('maxTimeoutMills', OF_VOICE);
  const repeats = menu.integer(['repeats'], { min: 0, max: MAX_REPEATS, to: 'flowState', beyond: 'clamp' }) ?? 0;
  const rule = { to: 'steps', beyond: 'clamp' } as const;
  const maxDigits = menu.integer(['maxDigits'], { min: 1, max: 64, ...rule }) ?? 1;
  const timeoutMs = menu.integer(['timeoutMills'], { min: 0, max: 600_000, ...rule }) ?? DEFAULT_TIMEOUT_MS;
  const hasOptions = (menu.list('options') ?? []).length > 0;
  const { returns, menus } = optionsOf(script, menu, run);
  const goesOn = repeats > 0 || Object.keys(menus).length > 0;
  const more = goesOn ? { menus, repeats, run } : {};
  const state: SinchMenuState = { id, maxDigits, returns, hasOptions, ...more };
  // Credentials in addresses of prompts are not used, so they are not kept either.
  script.flowState[MENU] = withoutUserinfo(JSON.stringify(state));
  script.add(action.pointer, {
    kind: 'collectDigits',
    prompts,
    ...(run.barge === false ? { keysInterrupt: false } : {}),
    maxDigits,
    finishKeys: '',
    timeoutMs,
    next: script.callback('pie') ?? (goesOn ? UNASKED : null),
    nextWhenEmpty: true,
  });
}

type Run = NonNullable<SinchMenuState['run']>;

/** A menu that leads to others does so also where no PIE is sent. */
const UNASKED: FlowRequest = {
  purpose: 'pie',
  url: 'inline:pie',
  method: 'POST',
  userinfo: null,
  knownAnswer: { document: '{"action":{"name":"continue"}}', when: 'always' },
};

function promptsOf(script: CallScript, menu: SvamlObject, locale: string | null): readonly FlowStep[] {
  return readPromptMember(script, menu, 'mainPrompt', locale);
}

/** `return(x)` and `menu(x)` options by their digit, which may be a number or a text (contract §2.5 row 10). */
function optionsOf(script: CallScript, menu: SvamlObject, run: Run) {
  const returns: [string, string][] = [];
  const menus: [string, string][] = [];
  const known = idsOf(run);
  for (const pointer of menu.list('options') ?? []) {
    const option = menu.element(pointer, 'options');
    const digit = option.text(['dtmf'], { to: 'flowState' });
    const actionAt = option.find('action');
    if (actionAt === null) continue;
    const action = option.value(actionAt);
    const [, verb = '', value = ''] = typeof action === 'string' ? (ACTION.exec(action) ?? []) : [];
    const isReturn = verb.toLowerCase() === 'return';
    if (isReturn || (verb !== '' && known.has(value))) {
      script.reading.claimTree(actionAt, 'exact', { to: 'flowState' });
      if (digit !== null) (isReturn ? returns : menus).push([digit, value]);
      continue;
    }
    const reason = verb === '' ? 'neither return(...) nor menu(...)' : 'there is no menu of this id';
    script.reading.claimTree(actionAt, 'dropped', { reason });
    script.reading.warn(actionAt, `The key counts as invalid input: ${reason}`);
  }
  return { returns: Object.fromEntries(returns), menus: Object.fromEntries(menus) };
}

const ACTION = /^\s*(return|menu)(?:\((.*)\))?\s*$/is;

function idsOf({ menus }: Run): ReadonlySet<JsonValue> {
  const ids = (menu: JsonValue): JsonValue[] =>
    isJsonObject(menu) ? Object.entries(menu).flatMap(([key, value]) => (key.toLowerCase() === 'id' ? [value] : [])) : [];
  return new Set(menus.flatMap(ids));
}

function idOf(menu: SvamlObject): string | null {
  const pointer = menu.find('id');
  const id = pointer === null ? undefined : menu.value(pointer);
  return typeof id === 'string' ? id : null;
}
