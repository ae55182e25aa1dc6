import { splitUserinfo, type FlowAction } from '#libs/recording-model';
import { resolveUrl } from '../shared/index.js';
import { readCipher } from './aculab.cipher.js';
import { refused, withoutCredentials, type DocumentScope } from './aculab.document-scope.js';
import { ObjectReader } from './aculab.object-reader.js';
import { settingOf, type AculabApiVersion } from './aculab.settings.js';

type MediaAction = Extract<FlowAction, { readonly kind: 'speak' | 'playMedia' | 'sendDigits' }>;

/** Whether a key ends a play: how each version calls it. It does where nothing is said (contract §1.8). */
const BARGE_IN = { 1: 'barge_in', 2: 'barge_in_on_digit' } as const satisfies Record<AculabApiVersion, string>;
const NO_BARGE_IN = ['barge_in', 'barge_in_on_digit', 'barge_in_on_speech', 'barge_in_on_speech_options'] as const;

/** Reads a `play` action (contract §7): its `play_list` in order. A key ends all of it, unless it is told otherwise. */
export function playActions(play: ObjectReader): readonly FlowAction[] {
  const name = BARGE_IN[play.scope.version];
  const to = 'step.bargeIn';
  if (!play.names().includes(name)) play.scope.accounts.defaulted(play.path(name), true, { to });
  const bargeIn = play.boolean(name, { to }) ?? true;
  const actions = mediaActions(play);
  return bargeIn ? actions.map((action) => ({ ...action, bargeIn: play.pointer })) : actions;
}

function mediaActions(play: ObjectReader): readonly MediaAction[] {
  const list = play.value('play_list');
  if (list === undefined) throw play.missing('play_list');
  if (!Array.isArray(list)) throw play.refused('play_list', 'must be an array');
  for (const name of NO_BARGE_IN.filter((each) => each !== BARGE_IN[play.scope.version] && play.has(each)))
    play.drop(name, 'speech does not interrupt a play, and each version has its own name for keys');
  if (list.length === 0) play.account('play_list', { to: 'steps' });
  return list.flatMap((_media, index) => media(play.scope, `${play.path('play_list')}/${index}`));
}

/** A prompt is a play action, given bare or under the name `play`. */
export function promptActions(owner: ObjectReader): readonly FlowAction[] {
  return owner.has('prompt') ? playMedia(owner.scope, owner.path('prompt')) : [];
}

/** The media of a play action, given bare or under the name `play`, while keys are waited for. */
export function playMedia(scope: DocumentScope, pointer: string): readonly FlowAction[] {
  const given = ObjectReader.at(scope, pointer);
  const play = given.has('play') ? ObjectReader.at(scope, given.path('play')) : given;
  const name = BARGE_IN[scope.version];
  if (play.has(name)) play.drop(name, 'a key always ends a prompt');
  return mediaActions(play);
}

function media(scope: DocumentScope, pointer: string): readonly MediaAction[] {
  const item = ObjectReader.at(scope, pointer);
  if (!item.has('file_to_play') && item.has('decryption_cipher'))
    item.drop('decryption_cipher', 'only files are encrypted');
  if (item.has('text_to_say')) return [textToSay(item)];
  if (item.has('file_to_play')) return [fileToPlay(item)];
  if (item.has('digits_to_play')) return [digitsToPlay(item)];
  throw refused(scope, pointer, 'must hold text_to_say, file_to_play or digits_to_play');
}

function textToSay(item: ObjectReader): MediaAction {
  if (item.has('text_is_private')) item.drop('text_is_private', 'texts are not written to a log');
  const text = item.string('text_to_say', { to: 'speak.text' }) ?? '';
  const voice = item.string('tts_voice', { to: 'speak.voice' }) ?? settingOf(item.scope.application, 'voice') ?? null;
  return { kind: 'speak', text, language: null, voice, repeat: 1, pauseMs: 0 };
}

function digitsToPlay(item: ObjectReader): MediaAction {
  const digits = item.string('digits_to_play', { to: 'sendDigits.digits' }) ?? '';
  if (!/^[0-9*#A-D]*$/.test(digits)) throw item.refused('digits_to_play', 'may hold only the keys 0-9, *, # and A-D');
  return { kind: 'sendDigits', digits };
}

/** A name in the media store, or a URL, bare or as a web page request, that is fetched by GET. */
function fileToPlay(item: ObjectReader): MediaAction {
  const isObject = typeof item.value('file_to_play') === 'object';
  const source = isObject ? ObjectReader.at(item.scope, item.path('file_to_play')) : item;
  const name = isObject ? 'url' : 'file_to_play';
  const written = source.value(name);
  if (typeof written !== 'string') throw source.refused(name, 'must be a string');
  const isUrl = isObject || /^https?:\/\//i.test(written);
  const url = isUrl ? webUrl(source, name, written) : storedUrl(source, name, written);
  if (isObject && source.has('method')) source.drop('method', 'media is always fetched by GET');
  const cipher = readCipher(item, 'decryption_cipher', {
    to: 'playMedia.decryption',
    secretName: item.path('decryption_cipher'),
  });
  const decryption = cipher === null ? {} : { decryption: { key: cipher.key, vector: cipher.vector } };
  return { kind: 'playMedia', url, repeat: 1, background: false, ...decryption, required: true };
}

function webUrl(source: ObjectReader, name: string, written: string): string {
  const at = source.path(name);
  const position = source.scope.document.positionOf(at);
  const { url, userinfo } = resolveUrl(written, source.scope.pageUrl, position, { field: at });
  if (userinfo !== null) source.scope.warn('Credentials in the URL of media are not sent', at);
  source.account(name, { to: 'playMedia.url', value: withoutCredentials(written) });
  return url;
}

function storedUrl(source: ObjectReader, name: string, written: string): string {
  const file = mediaFile(source, name, written);
  source.account(name, { to: 'playMedia.url' });
  const base = splitUserinfo(settingOf(source.scope.application, 'mediaStoreUrl') ?? 'media://').url;
  return `${base.endsWith('://') ? base : base.replace(/\/+$/, '')}/${file.replace(/^\//, '')}`;
}

/** A name in the media store by the rules of contract §5.4. */
export function mediaFile(source: ObjectReader, name: string, written: string): string {
  if (!/^[a-zA-Z0-9._/@:-]+$/.test(written) || /\.\.|\/\/|\/\.\//.test(written))
    throw source.refused(name, 'is not a name of a media file');
  return written;
}
