import { NOT_YET_EXECUTED, splitUserinfo, type FlowAction, type FlowStep } from '#libs/recording-model';
import type { CallScript } from './sinch.call-script.js';
import type { SvamlObject } from './sinch.svaml-reader.js';

/** What becomes of prompts and digits, as the accounting tells it. */
export const SPOKEN = { outcome: 'emulated', to: 'steps', reason: 'takes its time; nothing is spoken' } as const;
const NOT_PLAYED = {
  outcome: 'dropped',
  to: 'steps',
  reason: `${NOT_YET_EXECUTED}: nothing is played`,
} as const;
export const NOT_SPOKEN = `${NOT_YET_EXECUTED}: nothing is spoken`;
export const NOT_DIALLED = `${NOT_YET_EXECUTED}: no digits are sent`;

/**
 * One prompt of playFiles, runMenu or park: a URL, `#tts[…]`, `#ssml[…]` or `#href[…]` (contract §1.2). Null when it
 * is none of them, with a warning.
 */
export function readPrompt(
  script: CallScript,
  pointer: string,
  prompt: string,
  locale: string | null,
): FlowStep | null {
  const action = promptAction(prompt.trim(), locale);
  if (action === null) {
    script.reading.warn(pointer, 'A prompt must be a URL, #tts[...], #ssml[...] or #href[...]; it is not played');
    return null;
  }
  return { at: script.reading.document.positionOf(pointer), ...action };
}

/** A member that holds one prompt, such as `mainPrompt`; null when it is absent or none. */
export function readPromptMember(
  script: CallScript,
  holder: SvamlObject,
  name: string,
  locale: string | null,
): FlowStep | null {
  const pointer = holder.find(name);
  const value = pointer === null ? null : holder.value(pointer);
  const step = pointer === null || typeof value !== 'string' ? null : readPrompt(script, pointer, value, locale);
  holder.text([name], fateOfPrompt(step));
  return step;
}

/** What the accounting says of a prompt. */
export function fateOfPrompt(step: FlowStep | null): { outcome: 'emulated' | 'dropped'; to?: string; reason: string } {
  if (step === null) return { outcome: 'dropped', reason: 'not a URL, #tts, #ssml or #href' };
  return step.kind === 'speak' ? SPOKEN : NOT_PLAYED;
}

function promptAction(prompt: string, locale: string | null): FlowAction | null {
  const tagged = /^#(tts|ssml|href)\[(.*)\]$/is.exec(prompt);
  const kind = tagged?.[1]?.toLowerCase();
  const content = tagged?.[2] ?? '';
  if (kind === 'tts' || kind === 'ssml')
    return { kind: 'speak', text: content, language: locale, voice: null, repeat: 1, pauseMs: 0 };
  const url = URL.parse(kind === 'href' ? content.trim() : prompt);
  if (url === null || !/^https?:$/.test(url.protocol)) return null;
  return { kind: 'playMedia', url: splitUserinfo(url.href).url, repeat: 1, background: false };
}
