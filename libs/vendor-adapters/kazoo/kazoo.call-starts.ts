import type { CallIdentity, CallStart, JsonObject, StoredCallStarts, StoredDocument } from '#libs/recording-model';
import { member } from '../shared/index.js';
import { numberPattern } from './kazoo.number-pattern.js';

/** Stored callflows: `numbers` and `patterns` are in the clear, the callflow itself is sealed. */
export const CALLFLOW_COLLECTION = 'kazoo.callflows';

/** Number of the callflow that takes calls nobody else does. */
const NO_MATCH = 'no_match';

/**
 * The stored callflow of a call, by the number that was called: first by `numbers`, then by `patterns`, then the one
 * with the number `no_match` (contract §1.1, §4.4).
 */
export const kazooCallStarts: StoredCallStarts = {
  collection: CALLFLOW_COLLECTION,
  choose(_application, call, documents): CallStart | null {
    const document = callflowOf(dialled(call), documents);
    return document === null ? null : { kind: 'document', document, role: 'saved' };
  },
};

/** The callflow of a number; null when none is meant for it. */
export function callflowOf(number: string, documents: readonly StoredDocument[]): StoredDocument | null {
  return (
    documents.find(({ body }) => textList(body, 'numbers').some((each) => sameNumber(each, number))) ??
    documents.find(({ body }) => textList(body, 'patterns').some((each) => numberPattern(each)?.matches(number))) ??
    documents.find(({ body }) => textList(body, 'numbers').includes(NO_MATCH)) ??
    null
  );
}

/** Texts of a list member; empty when it is no list. */
export function textList(object: JsonObject, key: string): readonly string[] {
  const list = member(object, key);
  return Array.isArray(list) ? list.filter((each): each is string => typeof each === 'string') : [];
}

/** What was dialled: the user part of an address. */
function dialled({ to }: CallIdentity): string {
  const [user = ''] = to.replace(/^sips?:/i, '').split('@');
  return user;
}

/** Numbers are kept with a plus; carriers send them with one or without. */
function sameNumber(stored: string, sent: string): boolean {
  return stored === sent || stored.replace(/^\+/, '') === sent.replace(/^\+/, '');
}
