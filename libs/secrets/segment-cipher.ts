import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto';
import { RecgateError } from '#libs/recording-model';
import type { VaultKey, VaultKeys } from './secret-vault.js';

/** Which segment of which recording it is; a sealed segment opens nowhere else. */
export interface SegmentPlace {
  readonly recordingId: string;
  readonly kind: string;
  readonly sequence: number;
  /** Position of its first sample, and how many there are, per channel. */
  readonly firstSample: number;
  readonly sampleCount: number;
}

/** Seals the audio of recordings while it lies on the gateway's own disk. */
export interface SegmentCipher {
  seal(payload: Uint8Array, place: SegmentPlace): Uint8Array;
  /**
   * @throws RecgateError `media.lost` when the segment was altered or is not sealed; `gateway.unavailable` when its key is
   *   not there: the audio can be opened once it is back
   */
  open(payload: Uint8Array, place: SegmentPlace): Uint8Array;
}

/**
 * A sealed segment:
 *
 *     0 magic "RGE1"   4 length of the key id   5 key id   then nonce (12), cipher text, tag (16)
 */
const MAGIC = Buffer.from('RGE1', 'latin1');
const HEAD_BYTES = MAGIC.length + 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Keys that are kept derived: those of the recordings that are being written or read. */
const MOST_KEYS = 4096;

/**
 * AES-256-GCM with a key of each recording's own (HKDF-SHA256 of the master key) and a random nonce a segment: a
 * recording that is begun anew after a crash must never use one twice. Place and key id are authenticated.
 */
export function createSegmentCipher(keys: VaultKeys): SegmentCipher {
  const ring = new Map([keys, ...(keys.previousKeys ?? [])].map((key) => [key.keyId, key]));
  const derived = new DerivedKeys();
  return {
    seal(payload, place) {
      const head = headOf(keys.keyId);
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', derived.of(keys, place.recordingId), nonce);
      cipher.setAAD(boundTo(head, place));
      return Buffer.concat([head, nonce, cipher.update(payload), cipher.final(), cipher.getAuthTag()]);
    },
    open(payload, place) {
      const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
      if (!isSealed(bytes)) throw lost(place, 'it is not sealed');
      const head = bytes.subarray(0, HEAD_BYTES + (bytes[MAGIC.length] ?? 0));
      const key = ring.get(head.toString('latin1', HEAD_BYTES));
      if (key === undefined) throw keyMissing(place, head.toString('latin1', HEAD_BYTES));
      return decrypt(bytes, head, derived.of(key, place.recordingId), place);
    },
  };
}

function decrypt(bytes: Buffer, head: Buffer, key: KeyObject, place: SegmentPlace): Uint8Array {
  const start = head.length + NONCE_BYTES;
  if (bytes.length < start + TAG_BYTES) throw lost(place, 'it is cut off');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(head.length, start), { authTagLength: TAG_BYTES });
  decipher.setAAD(boundTo(head, place));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    // One buffer of its own, so that whoever reads samples from it finds them aligned.
    return Buffer.concat([decipher.update(bytes.subarray(start, -TAG_BYTES)), decipher.final()]);
  } catch {
    throw lost(place, 'it was altered');
  }
}

/** Sealed segments are far shorter than a recording, so few keys are derived and many times used. */
class DerivedKeys {
  private readonly keys = new Map<string, KeyObject>();

  of({ keyId, masterKey }: VaultKey, recordingId: string): KeyObject {
    const name = `${keyId} ${recordingId}`;
    const known = this.keys.get(name);
    if (known !== undefined) return known;
    const key = createSecretKey(Buffer.from(hkdfSync('sha256', masterKey, '', `recgate spool ${recordingId}`, 32)));
    const [oldest] = this.keys.keys();
    if (this.keys.size >= MOST_KEYS && oldest !== undefined) this.keys.delete(oldest);
    this.keys.set(name, key);
    return key;
  }
}

function headOf(keyId: string): Buffer {
  return Buffer.concat([MAGIC, Buffer.from([keyId.length]), Buffer.from(keyId, 'latin1')]);
}

function boundTo(head: Buffer, { recordingId, kind, sequence, firstSample, sampleCount }: SegmentPlace): Buffer {
  return Buffer.concat([head, Buffer.from(JSON.stringify([kind, sequence, firstSample, sampleCount, recordingId]), 'utf8')]);
}

function isSealed(bytes: Buffer): boolean {
  return bytes.length > HEAD_BYTES && bytes.subarray(0, MAGIC.length).equals(MAGIC);
}

function keyMissing({ recordingId }: SegmentPlace, keyId: string): RecgateError {
  return new RecgateError('gateway.unavailable', `The spool of ${recordingId} is sealed with the key "${keyId}", which is not there`);
}

function lost({ recordingId, sequence }: SegmentPlace, why: string): RecgateError {
  return new RecgateError('media.lost', `Segment ${sequence} of the spool of ${recordingId} cannot be opened: ${why}`);
}
