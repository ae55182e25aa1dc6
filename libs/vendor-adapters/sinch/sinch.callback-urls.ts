import { RecgateError, splitUserinfo, type ApplicationView, type HoldMusic, type JsonObject } from '#libs/recording-model';
import { isJsonObject, parseJsonDocument } from '../shared/index.js';
import { readMusic } from './sinch.music.js';
import { callbackUrls } from './sinch.settings.js';
import { SvamlObject, SvamlReading } from './sinch.svaml-reader.js';

const MAX_URL = 2048;

/** What `GET …/callbacks/applications/{key}` answers (contract §3); the fallback only where there is one. */
export function renderSinchCallbackUrls(application: ApplicationView): JsonObject {
  const { primary, fallback } = callbackUrls(application);
  return { url: { ...(primary === null ? {} : { primary }), ...(fallback === null ? {} : { fallback }) } };
}

/**
 * Reads `{url:{primary,fallback}}` into the settings it changes; what is not named stays, an empty text takes a URL away.
 * @throws RecgateError `document.*`, `field.missing`, `field.invalid`
 */
export function readSinchCallbackUrls(body: string): Readonly<Record<string, string>> {
  const url = rootOf(body).child('url');
  if (url === null) throw new RecgateError('field.missing', 'url is required', { field: 'url' });
  const primary = urlOf(url, 'primary');
  const fallback = urlOf(url, 'fallback');
  return {
    ...(primary === null ? {} : { callbackUrl: primary }),
    ...(fallback === null ? {} : { fallbackUrl: fallback }),
  };
}

/** What is done to a conference participant (contract §3); `music` is what it hears on hold. */
export interface SinchParticipantCommand {
  readonly action: 'mute' | 'unmute' | 'hold' | 'resume';
  readonly music?: HoldMusic;
}

const COMMANDS: ReadonlyMap<string, SinchParticipantCommand['action']> = new Map([
  ['mute', 'mute'],
  ['unmute', 'unmute'],
  ['onhold', 'hold'],
  ['resume', 'resume'],
]);

/**
 * Reads `{command, moh?}`.
 * @throws RecgateError `document.*`, `field.missing`, `field.invalid`
 */
export function readSinchParticipantCommand(body: string): SinchParticipantCommand {
  const root = rootOf(body);
  const action = COMMANDS.get(root.requiredText(['command']).trim().toLowerCase());
  if (action === undefined)
    throw new RecgateError('field.invalid', 'command must be mute, unmute, onhold or resume', { field: 'command' });
  const music = action === 'hold' ? readMusic(root, ['moh']) : null;
  return { action, ...(music === null ? {} : { music }) };
}

function rootOf(body: string): SvamlObject {
  const json = parseJsonDocument(body);
  if (!isJsonObject(json.value))
    throw new RecgateError('document.malformed', 'The body must be a JSON object', { position: json.positionOf('') });
  return new SvamlObject(new SvamlReading(json), '');
}

function urlOf(fields: SvamlObject, name: 'primary' | 'fallback'): string | null {
  const text = fields.text([name])?.trim() ?? null;
  if (text === null || text === '') return text;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || text.length > MAX_URL)
    throw fields.reading.invalid(fields.find(name) ?? '', name, `${name} must be an http or https URL`);
  return splitUserinfo(text).url;
}
