import { splitUserinfo, type FlowAction, type FlowStep } from '#libs/recording-model';
import type { CallScript } from './sinch.call-script.js';
import { MAX_TEXT, type SvamlObject, type TextFate } from './sinch.svaml-reader.js';

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

/** A member that holds prompts, such as `mainPrompt`: those that can be played, in their order. */
export function readPromptMember(
  script: CallScript,
  holder: SvamlObject,
  name: string,
  locale: string | null,
): readonly FlowStep[] {
  const pointer = holder.find(name);
  const value = pointer === null ? null : holder.value(pointer);
  if (pointer === null || typeof value !== 'string' || value.length > MAX_TEXT) {
    holder.text([name], fateOfPrompt('', null));
    return [];
  }
  const prompts = separatePrompts(value);
  const steps = prompts.map((prompt) => readPrompt(script, pointer, prompt, locale));
  const fates = prompts.map((prompt, index) => fateOfPrompt(prompt, steps[index] ?? null));
  holder.text([name], worstOf(fates));
  return steps.filter((step) => step !== null);
}

/** Of several prompts in one member the accounting tells of the one that fares worst. */
function worstOf(fates: readonly TextFate[]): TextFate {
  const [first = fateOfPrompt('', null)] = fates;
  return fates.find(({ outcome }) => outcome === 'dropped') ?? fates.find(({ outcome }) => outcome === 'emulated') ?? first;
}

/** Prompts stand between semicolons; those within brackets belong to the prompt. */
export function separatePrompts(prompts: string): string[] {
  const parts = prompts.match(/\s*#(?:tts|ssml|href)\[.*?\](?=\s*(?:;|$))|[^;]+/gis) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** What the accounting says of a prompt. */
export function fateOfPrompt(prompt: string, step: FlowStep | null): TextFate {
  if (step === null) return { outcome: 'dropped', reason: 'not a URL, #tts, #ssml or #href' };
  return /^\s*#ssml\[/i.test(prompt)
    ? { outcome: 'emulated', to: 'steps', reason: 'its text is spoken without its marks' }
    : PLAYED;
}

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
