import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import {
  RecgateError,
  type ErrorCode,
  type ObjectStore,
  type ObjectTarget,
  type PutRequest,
  type RenditionContent,
  type SecretBag,
  type StorageReceipt,
  type UploadLeftover,
} from '#libs/recording-model';
import { renditionContent, seededBytes } from './rendition-content.js';

/** What the destination can show; scenarios it cannot have are not part of its suite. */
export interface ObjectStoreTraits {
  /** It checks credentials. */
  readonly credentials: boolean;
  /** It has buckets or containers that may be missing. */
  readonly containers: boolean;
  /** It is reached over a network. */
  readonly network: boolean;
  /** Its answer to a write carries a checksum. */
  readonly checksums: boolean;
  /** What lies there can be removed; `denied`: not with these credentials. */
  readonly removes: boolean | 'denied';
  /** Large files are begun and finished, and what is begun can be aborted. */
  readonly leftovers: boolean;
}

/** A driver and the server behind it. */
export interface ObjectStoreSubject {
  readonly store: ObjectStore;
  readonly secrets: SecretBag;
  target(name: string): ObjectTarget;
  /** What the server holds under the name, seen by the server itself; null: nothing. */
  stored(name: string): Promise<{ readonly body: Buffer; readonly contentType: string | null } | null>;
  /** Uploads that are neither complete nor aborted, as the server counts them. */
  leftovers(): Promise<number>;
  close(): Promise<void>;
  readonly wrongSecrets?: SecretBag;
  readonly missingTarget?: (name: string) => ObjectTarget;
  readonly deadTarget?: (name: string) => ObjectTarget;
  /** From now on the server confirms other bytes than it was sent; called again with false to end it. */
  readonly corruptAnswers?: (on: boolean) => void;
  /** From now on the server refuses everything that is not a write; called again with false to end it. */
  readonly refuseReads?: (on: boolean) => void;
  /** Begins an upload as a process would that dies right after. */
  readonly beginUpload?: (name: string) => Promise<UploadLeftover>;
}

const MIB = 1024 * 1024;

/** The names a store must take as they are. */
const UNUSUAL_NAMES = [
  'calls/2026/11/my recording.wav',
  'Gespräch mit Zoë/録音 📞.wav',
  "a+b=c&d;e,f@g:h$i!j~k*l'(m).wav",
  '100% wahr #1 ?.wav',
];

/** The names no store may be asked for. */
const UNSAFE_NAMES = [
  '../escape.wav',
  'a/../../escape.wav',
  'a/./b.wav',
  '..',
  'a\\..\\b.wav',
  'a\u0000b.wav',
  'line\nbreak.wav',
  '',
];

/**
 * The contract of every `ObjectStore`: what is sent arrives byte for byte and the receipt says so; whatever goes wrong
 * has the right code, leaves nothing behind and shows no credential.
 */
export function describeObjectStoreContract(
  name: string,
  setup: () => Promise<ObjectStoreSubject>,
  traits: ObjectStoreTraits,
): void {
  describe(`${name} keeps the contract of object stores`, () => {
    const SMALL = seededBytes(1234);
    /** More than one part of every store. */
    const LARGE = seededBytes(12 * MIB, 2);
    let subject: ObjectStoreSubject;
    beforeAll(async () => {
      subject = await setup();
    });
    afterAll(async () => subject?.close());

    const put = (
      target: ObjectTarget,
      content: RenditionContent,
      change: Partial<PutRequest> = {},
    ): Promise<StorageReceipt> =>
      subject.store.put({
        target,
        content,
        secrets: subject.secrets,
        metadata: { recording: 'rec-1', tenant: 'tenant-1', application: 'app-1' },
        signal: new AbortController().signal,
        onUploadStarted: async () => undefined,
        ...change,
      });
    const putNamed = (
      objectName: string,
      content: RenditionContent,
      change?: Partial<PutRequest>,
    ): Promise<StorageReceipt> => put(subject.target(objectName), content, change);

    const stores = async (objectName: string, bytes: Buffer): Promise<StorageReceipt> => {
      const content = renditionContent(bytes, subject.target(objectName).contentType);
      const receipt = await putNamed(objectName, content);
      const held = await subject.stored(objectName);
      expect(held?.body.equals(bytes)).toBe(true);
      if (typeof held?.contentType === 'string') expect(held.contentType).toBe(content.contentType);
      expect(receipt).toMatchObject({ sizeBytes: bytes.length, sha256: content.sha256 });
      expect(receipt.location).toMatch(/^[a-z0-9]+:\/\/./);
      expect(receipt.verifiedBy === 'status').toBe(!traits.checksums && traits.network);
      expect(Math.abs(Date.parse(receipt.storedAt) - Date.now())).toBeLessThan(60_000);
      expectNoCredential(receipt, subject.secrets);
      return receipt;
    };

    it('stores a small file', async () => {
      await stores('small.wav', SMALL);
    });

    it('stores an empty file', async () => {
      await stores('empty.wav', Buffer.alloc(0));
    });

    it('stores a file of 12 MiB and notes the upload before its first part', async () => {
      const bytes = LARGE;
      const noted: UploadLeftover[] = [];
      await stores('large.wav', bytes);
      await putNamed('large.wav', renditionContent(bytes), {
        onUploadStarted: async (leftover) => {
          noted.push(leftover);
        },
      });
      expect(noted.length).toBe(traits.leftovers ? 1 : 0);
      expect(await subject.leftovers()).toBe(0);
      for (const leftover of noted) await subject.store.abort(leftover, subject.secrets);
      expect((await subject.stored('large.wav'))?.body.equals(bytes)).toBe(true);
    });

    it('overwrites the same name', async () => {
      await stores('again.wav', seededBytes(5000, 3));
      await stores('again.wav', seededBytes(4000, 4));
    });

    it.each(UNUSUAL_NAMES)('takes the name %j as it is', async (unusual) => {
      await stores(unusual, seededBytes(100, 5));
    });

    it.each(UNSAFE_NAMES)('refuses the name %j', async (unsafe) => {
      await expectRefusal(
        () => putNamed(unsafe, renditionContent(seededBytes(10))),
        'destination.rejected',
        subject.secrets,
      );
    });

    it.each([3, 12])('stops when the signal fires within %i MiB and leaves nothing behind', async (size) => {
      const stop = new AbortController();
      const content = renditionContent(LARGE.subarray(0, size * MIB), 'audio/wav', {
        onRead: (bytes) => bytes > size * 0.7 * MIB && stop.abort(),
      });
      await expectRefusal(
        () => putNamed('stopped.wav', content, { signal: stop.signal }),
        'gateway.unavailable',
        subject.secrets,
      );
      expect(await subject.leftovers()).toBe(0);
      expect(await subject.stored('stopped.wav')).toBeNull();
    });

    it('sends nothing when the signal had fired before', async () => {
      const content = renditionContent(seededBytes(10));
      await expectRefusal(
        () => putNamed('never.wav', content, { signal: AbortSignal.abort() }),
        'gateway.unavailable',
        subject.secrets,
      );
      expect(await subject.stored('never.wav')).toBeNull();
    });

    it('does not store bytes that are not those that were encoded', async () => {
      for (const bytes of [SMALL, LARGE]) {
        const content = { ...renditionContent(bytes), sha256: '0'.repeat(64) };
        await expectRefusal(() => putNamed('changed.wav', content), 'gateway.internal', subject.secrets);
      }
      expect(await subject.leftovers()).toBe(0);
      expect(await subject.stored('changed.wav')).toBeNull();
    });

    it('does not blame the destination for a rendition it cannot read', async () => {
      const content = renditionContent(LARGE, 'audio/wav', {
        onRead: (count) => {
          if (count > 7 * MIB) throw new Error('disk gone');
        },
      });
      await expectRefusal(() => putNamed('unread.wav', content), 'gateway.internal', subject.secrets);
      expect(await subject.leftovers()).toBe(0);
      expect(await subject.stored('unread.wav')).toBeNull();
    });

    if (traits.credentials) {
      it('reports wrong credentials as denied and shows none', async () => {
        const wrong = subject.wrongSecrets ?? {};
        for (const bytes of [SMALL, LARGE]) {
          const attempt = (): Promise<unknown> => putNamed('denied.wav', renditionContent(bytes), { secrets: wrong });
          await expectRefusal(attempt, 'destination.denied', { ...subject.secrets, ...wrong });
        }
        expect(await subject.stored('denied.wav')).toBeNull();
      });
    }

    if (traits.containers) {
      it('reports a bucket or container that does not exist as missing', async () => {
        const target = subject.missingTarget?.('x.wav') ?? subject.target('x.wav');
        for (const bytes of [SMALL, LARGE]) {
          await expectRefusal(() => put(target, renditionContent(bytes)), 'destination.missing', subject.secrets);
        }
      });
    }

    if (traits.network) {
      it('reports a server that is not there as unreachable, to be tried again', async () => {
        const target = subject.deadTarget?.('x.wav') ?? subject.target('x.wav');
        const error = await expectRefusal(
          () => put(target, renditionContent(seededBytes(10))),
          'destination.unreachable',
          subject.secrets,
        );
        expect(error.retry).toBe(true);
      });
    }

    if (traits.checksums && traits.network) {
      it('does not trust an answer that confirms other bytes', async () => {
        subject.corruptAnswers?.(true);
        try {
          for (const bytes of [SMALL, LARGE]) {
            const attempt = (): Promise<unknown> => putNamed('corrupt.wav', renditionContent(bytes));
            const error = await expectRefusal(attempt, 'destination.checksum', subject.secrets);
            expect(error.retry).toBe(true);
          }
        } finally {
          subject.corruptAnswers?.(false);
        }
        expect(await subject.leftovers()).toBe(0);
      });
    }

    if (traits.network) {
      it('needs no permission but to write', async () => {
        subject.refuseReads?.(true);
        try {
          for (const bytes of [SMALL, LARGE]) await putNamed('write-only.wav', renditionContent(bytes));
        } finally {
          subject.refuseReads?.(false);
        }
      });
    }

    it('removes what it stored, as often as it is asked, where there is a way to', async () => {
      const request = {
        target: subject.target('removed.wav'),
        secrets: subject.secrets,
        metadata: { tenant: 'tenant-1', application: 'app-1' },
      };
      await putNamed('removed.wav', renditionContent(SMALL));
      if (traits.removes === 'denied') {
        await expectRefusal(() => subject.store.remove(request), 'destination.denied', subject.secrets);
        expect(await subject.stored('removed.wav')).not.toBeNull();
        return;
      }
      const removed = await subject.store.remove(request);
      expect(removed).toBe(traits.removes);
      expect(await subject.stored('removed.wav')).toEqual(removed ? null : expect.anything());
      expect(await subject.store.remove(request)).toBe(removed);
    });

    if (traits.removes === true && traits.network) {
      it('says when the credentials may not remove anything', async () => {
        await putNamed('kept.wav', renditionContent(SMALL));
        subject.refuseReads?.(true);
        try {
          const request = { target: subject.target('kept.wav'), secrets: subject.secrets, metadata: {} };
          await expectRefusal(() => subject.store.remove(request), 'destination.denied', subject.secrets);
        } finally {
          subject.refuseReads?.(false);
        }
        expect(await subject.stored('kept.wav')).not.toBeNull();
      });
    }

    if (traits.leftovers) {
      it('aborts what a dead process left, as often as it is asked', async () => {
        const leftover = await subject.beginUpload?.('left.wav');
        if (leftover === undefined) throw new Error('The subject cannot begin an upload');
        expect(await subject.leftovers()).toBe(1);
        await subject.store.abort(leftover, subject.secrets);
        expect(await subject.leftovers()).toBe(0);
        await subject.store.abort(leftover, subject.secrets);
      });
    } else {
      it('has nothing to abort and says so by succeeding, twice', async () => {
        const leftover: UploadLeftover = { target: subject.target('left.wav'), uploadId: 'unknown' };
        await subject.store.abort(leftover, subject.secrets);
        await subject.store.abort(leftover, subject.secrets);
      });
    }
  });
}

/** Runs an attempt that must fail with that code, and searches all of the error for credentials. */
async function expectRefusal(
  attempt: () => Promise<unknown>,
  code: ErrorCode,
  secrets: SecretBag,
): Promise<RecgateError> {
  const error = await attempt().then(
    (value) => new Error(`The attempt succeeded with ${inspect(value)}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RecgateError)) throw error;
  expect(`${error.code}: ${error.message}`).toMatch(new RegExp(`^${code.replace('.', '\\.')}: .+`));
  expectNoCredential(error, secrets);
  return error;
}

function expectNoCredential(value: unknown, secrets: SecretBag): void {
  const shown = inspect(value, { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null });
  for (const secret of Object.values(secrets)) {
    for (const spelling of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) {
      expect(shown).not.toContain(spelling);
    }
  }
}
