import type { Redis } from 'ioredis';
import {
  RecgateError,
  type DocumentDecision,
  type DocumentLedger,
  type DocumentUpdate,
  type StoredDocument,
} from '#libs/recording-model';
import { applyDecision, inOrderOfCreation } from '../apply-decision.js';
import type { Keys } from './keys.js';

const MAX_RACES = 100;
/** Documents that are read at once. */
const PORTION = 500;

/** A hash for each collection of an application. */
export class RedisDocumentLedger implements DocumentLedger {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
  ) {}

  async get(collection: string, applicationId: string, id: string): Promise<StoredDocument | null> {
    return parse(await this.redis.hget(this.keys.documents(applicationId, collection), id));
  }

  async list(collection: string, applicationId: string): Promise<readonly StoredDocument[]> {
    const found = new Map<string, StoredDocument>();
    // In portions, so that neither Redis nor this process stands still over a large collection.
    const portions = this.redis.hscanStream(this.keys.documents(applicationId, collection), { count: PORTION });
    for await (const portion of portions as AsyncIterable<readonly string[]>) {
      for (let at = 0; at + 1 < portion.length; at += 2) {
        found.set(portion[at] ?? '', JSON.parse(portion[at + 1] ?? '') as StoredDocument);
      }
    }
    return inOrderOfCreation([...found.values()]);
  }

  async update(
    collection: string,
    applicationId: string,
    id: string,
    decide: (current: StoredDocument | null) => DocumentDecision,
  ): Promise<DocumentUpdate> {
    const key = this.keys.documents(applicationId, collection);
    for (let race = 0; race < MAX_RACES; race += 1) {
      const text = await this.redis.hget(key, id);
      const current = parse(text);
      const decision = decide(current);
      if (decision === null) return { applied: false, document: current };
      const document = applyDecision({ collection, applicationId, id }, current, decision);
      const next = document === null ? '' : JSON.stringify(document);
      const written = await this.redis.recgateUpdateDocument(key, this.keys.collections(applicationId), id, text ?? '', next, collection);
      if (written === 1) return { applied: true, document };
    }
    throw new RecgateError('gateway.unavailable', `${collection} ${id} is being written by too many at once`);
  }

  async removeAll(applicationId: string): Promise<void> {
    const collections = await this.redis.smembers(this.keys.collections(applicationId));
    const keys = collections.map((collection) => this.keys.documents(applicationId, collection));
    await this.redis.del(this.keys.collections(applicationId), ...keys);
  }
}

function parse(text: string | null): StoredDocument | null {
  return text === null ? null : (JSON.parse(text) as StoredDocument);
}
