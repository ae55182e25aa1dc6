import { splitUserinfo, type FlowAction, type FlowStep } from '#libs/recording-model';
import type { CallScript } from './sinch.call-script.js';
import type { SvamlObject } from './sinch.svaml-reader.js';

/** What becomes of prompts and digits that are carried out, as the accounting tells it. */
export const PLAYED = { to: 'steps' } as const;

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
  holder.text([name], fateOfPrompt(typeof value === 'string' ? value : '', step));
  return step;
}

/** What the accounting says of a prompt. */
export function fateOfPrompt(prompt: string, step: FlowStep | null): PromptFate {
  if (step === null) return { outcome: 'dropped', reason: 'not a URL, #tts, #ssml or #href' };
  return /^\s*#ssml\[/i.test(prompt)
    ? { outcome: 'emulated', to: 'steps', reason: 'its text is spoken without its marks' }
    : PLAYED;
}

type PromptFate =
  typeof PLAYED | { readonly outcome: 'emulated' | 'dropped'; readonly to?: string; readonly reason: string };

/** The words of an SSML text; pauses and pronunciation are the speech engine's own. */
function wordsOf(ssml: string): string {
  const text = ssml.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_all, name: string) => ENTITIES[name] ?? '').trim();
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function promptAction(prompt: string, locale: string | null): FlowAction | null {
  const tagged = /^#(tts|ssml|href)\[(.*)\]$/is.exec(prompt);
  const kind = tagged?.[1]?.toLowerCase();
  const content = tagged?.[2] ?? '';
  if (kind === 'tts' || kind === 'ssml')
    return {
      kind: 'speak',
      text: kind === 'ssml' ? wordsOf(content) : content,
      language: locale,
      voice: null,
      repeat: 1,
      pauseMs: 0,
    };
  const url = URL.parse(kind === 'href' ? content.trim() : prompt);
  if (url === null || !/^https?:$/.test(url.protocol)) return null;
  return { kind: 'playMedia', url: splitUserinfo(url.href).url, repeat: 1, background: false };
}
