import type { ApplicationView, JsonObject, JsonValue, RecordingRecord } from '#libs/recording-model';
import { isJsonObject, member } from '../shared/index.js';
import { validationError } from './kazoo.crossbar-error.js';
import type { ListKey } from './kazoo.list-query.js';
import { kazooFacts, kazooRecordingDocument } from './kazoo.recording-document.js';
import { kazooSettings } from './kazoo.settings.js';

/** Time before its capture that a recording may have waited for an answer or a bridge, ms. */
const LONGEST_WAIT_MS = 86_400_000;
/** Largest `user_metadata`, characters of JSON. */
const LARGEST_NOTES = 16_384;

/**
 * Whether the account has a metadata document of the recording (contract §2.1, §6): from its end on, unless nothing was
 * to be stored, and until it is deleted. A recording that was too short keeps one without audio; 5.x takes it away.
 */
export function hasKazooDocument(record: RecordingRecord, application: ApplicationView): boolean {
  if (record.vendor !== 'kazoo' || record.deletedAt !== undefined) return false;
  if (record.spec.destination.kind === 'none' || record.capture === null) return false;
  switch (record.state) {
    case 'captured':
    case 'encoding':
    case 'storing':
    case 'available':
    case 'failed':
      return true;
    case 'discarded':
      return kazooSettings(application).version !== '5.x';
    case 'accepted':
    case 'armed':
    case 'capturing':
    case 'paused':
    case 'absent':
    case 'cancelled':
      return false;
  }
}

/** Where a recording stands in listings: by when its document was made, which is when its capture was finished. */
export function documentKey({ id, history, capture, updatedAt }: RecordingRecord): ListKey {
  const made = history.find(({ state }) => state === 'captured' || state === 'discarded');
  return { at: Date.parse(made?.at ?? capture?.endedAt ?? updatedAt), id };
}

/** How long before its document a recording may have been accepted, ms. */
export function longestRecordingMs(application: ApplicationView): number {
  return kazooSettings(application).maxRecordingTimeLimit * 1000 + LONGEST_WAIT_MS;
}

/** The document as listings show it: `_read_only.content_types` names the audio once it is stored (contract §4.3). */
export function listedRecording(record: RecordingRecord, application: ApplicationView): JsonObject {
  const types = record.state === 'available' ? [record.rendition?.contentType ?? record.spec.format.contentType] : [];
  return { ...kazooRecordingDocument(record, application), _read_only: { content_types: types } };
}

/** The answer to a DELETE. */
export function deletedRecording(record: RecordingRecord, application: ApplicationView): JsonObject {
  return { ...kazooRecordingDocument(record, application), _read_only: { deleted: true } };
}

/** Whose recording it is, for `/users/{id}/recordings`. */
export function ownerOf(record: RecordingRecord, application: ApplicationView): string | undefined {
  return kazooFacts(record, application).ownerId;
}

/** `Content-Disposition` of the audio: the name as it is, quoted only where it must be. */
export function audioDisposition(record: RecordingRecord, application: ApplicationView, inline: boolean): string {
  const { mediaName } = kazooFacts(record, application);
  const name = /^[\w!#$%&'*+.^`|~-]+$/.test(mediaName) ? mediaName : `"${mediaName.replace(/[^\w. -]/g, '_')}"`;
  return `${inline ? 'inline' : 'attachment'}; filename=${name}`;
}

/** Whether an id has the form of a recording's: the month of its database first (contract §4.2). */
export function isRecordingId(id: string): boolean {
  return /^\d{6}-./s.test(id);
}

/**
 * The notes of a recording after a PATCH (5.x): `user_metadata` is merged, null removes.
 * @throws CrossbarError `validation error`; every other key is read-only
 */
export function patchedNotes(notes: JsonObject, data: JsonObject): JsonObject {
  const others = Object.keys(data).filter((key) => key !== 'user_metadata' && key !== 'id');
  if (others.length > 0) {
    const forbidden = others.map((key) => [key, { forbidden: { message: 'Read-only property', cause: key } }] as const);
    throw validationError(Object.fromEntries(forbidden));
  }
  const given = member(data, 'user_metadata');
  if (given === undefined) return notes;
  if (!isJsonObject(given)) {
    const type = { message: 'Value did not match type(s): object', target: 'object' };
    throw validationError({ user_metadata: { type } });
  }
  const before = member(notes, 'user_metadata');
  const merged = mergeJson(isJsonObject(before) ? before : {}, given);
  if (JSON.stringify(merged).length > LARGEST_NOTES) {
    const message = `Value must not be more than ${LARGEST_NOTES} characters`;
    throw validationError({ user_metadata: { maxLength: { message, target: LARGEST_NOTES } } });
  }
  return { ...notes, user_metadata: merged };
}

/** Merges as Crossbar's PATCH does: objects key by key, everything else is replaced, null removes. */
export function mergeJson(before: JsonObject, change: JsonObject): JsonObject {
  const merged = new Map<string, JsonValue>(Object.entries(before));
  for (const [key, value] of Object.entries(change)) {
    const old = merged.get(key);
    if (value === null) merged.delete(key);
    else if (isJsonObject(value)) merged.set(key, mergeJson(isJsonObject(old) ? old : {}, value));
    else merged.set(key, value);
  }
  return Object.fromEntries(merged);
}

/** What a GET of a recording is to answer with (contract §4.3). Null: nothing that is offered. */
export function wantedForm(accept: string | undefined, override: string | null): 'json' | 'audio' | null {
  const wanted = override ?? accept ?? '*/*';
  const ranges = wanted
    .split(',', 32)
    .map((part) => part.split(';').map((piece) => piece.trim().toLowerCase()))
    .map(([type = '', ...parameters], index) => ({ type, quality: qualityOf(parameters), index }))
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality || a.index - b.index);
  for (const { type } of ranges) {
    const form = Object.hasOwn(OFFERED, type) ? OFFERED[type] : undefined;
    if (form !== undefined) return form;
  }
  return null;
}

const OFFERED: Readonly<Partial<Record<string, 'json' | 'audio'>>> = {
  '': 'json',
  '*/*': 'json',
  'application/*': 'json',
  'application/json': 'json',
  'application/x-json': 'json',
  'audio/*': 'audio',
  'audio/mpeg': 'audio',
  'audio/mp3': 'audio',
};

function qualityOf(parameters: readonly string[]): number {
  const text = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  const quality = text === undefined ? 1 : Number(text);
  return Number.isFinite(quality) ? quality : 0;
}
