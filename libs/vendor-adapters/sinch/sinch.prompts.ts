import { splitUserinfo, type FlowAction, type FlowStep } from '#libs/recording-model';
import type { CallScript } from './sinch.call-script.js';

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
