import type { FlowContext, FlowRequest, JsonObject, JsonValue } from '#libs/recording-model';
import { isJsonObject } from '../shared/index.js';
import { MENU, type SinchMenuState } from './sinch.menu.js';

/** What became of the menu (contract §1.1): the option's value, a sequence of digits, or nothing in time. */
export function menuResult(context: FlowContext): JsonValue {
  const menu = menuOf(context);
  return { ...outcomeOf(menu, digitsOf(context)), menuId: menu.id, inputMethod: 'dtmf' };
}

/**
 * What follows a menu without anybody being asked (contract §1.2): the menu that `menu(…)` leads to, or the same once
 * more while it has repetitions left and nothing valid was pressed. Null: PIE decides.
 */
export function nextMenu(request: FlowRequest, context: FlowContext): string | null {
  const { run, id, menus = {}, repeats = 0, ...menu } = menuOf(context);
  if (request.purpose !== 'pie' || run === undefined) return null;
  const digits = digitsOf(context);
  const target = Object.hasOwn(menus, digits) ? menus[digits] : undefined;
  if (target !== undefined) return runMenu({ ...run, mainMenu: target });
  const { type } = outcomeOf({ id, ...menu }, digits);
  if (repeats === 0 || (type !== 'timeout' && type !== 'invalidinput')) return null;
  return runMenu({
    ...run,
    mainMenu: id,
    menus: run.menus.map((each, index) => (index === run.at ? onceMore(each, repeats) : each)),
  });
}

type Run = NonNullable<SinchMenuState['run']>;

function runMenu({ at: _at, ...run }: Run & { readonly mainMenu: string }): string {
  return JSON.stringify({ action: { name: 'runMenu', ...run } });
}

function onceMore(menu: JsonValue, repeats: number): JsonValue {
  if (!isJsonObject(menu)) return menu;
  const named = (name: string): string | undefined => Object.keys(menu).find((key) => key.toLowerCase() === name);
  const repeatPrompt = named('repeatprompt');
  const replaced = new Set(['repeats', ...(repeatPrompt === undefined ? [] : ['mainprompt'])]);
  const kept: JsonObject = Object.fromEntries(Object.entries(menu).filter(([key]) => !replaced.has(key.toLowerCase())));
  return {
    ...kept,
    repeats: repeats - 1,
    ...(repeatPrompt === undefined ? {} : { mainPrompt: menu[repeatPrompt] ?? null }),
  };
}

function outcomeOf(menu: SinchMenuState, digits: string): { type: string; value: string } {
  if (digits === '') return { type: 'timeout', value: '' };
  const returned = Object.hasOwn(menu.returns, digits) ? menu.returns[digits] : undefined;
  if (returned !== undefined) return { type: 'return', value: returned };
  const isSequence = menu.maxDigits > 1 || !(menu.hasOptions ?? Object.keys(menu.returns).length > 0);
  return { type: isSequence ? 'sequence' : 'invalidinput', value: digits };
}

function digitsOf({ collected }: FlowContext): string {
  return collected?.digits ?? '';
}

function menuOf({ flowState }: FlowContext): SinchMenuState {
  const none: SinchMenuState = { id: 'main', maxDigits: 1, returns: {} };
  const text = flowState[MENU];
  if (typeof text !== 'string') return none;
  const state: JsonValue = JSON.parse(text) as JsonValue;
  return isJsonObject(state) ? { ...none, ...(state as object) } : none;
}
