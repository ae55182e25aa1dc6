import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RecgateError } from '#libs/recording-model';
import { newMasterKey } from './index.js';
import { createSegmentCipher } from './segment-cipher.js';

const KEYS = { ...newMasterKey(), previousKeys: [] };
const PLACE = { recordingId: 'rec-1', kind: 'audio', sequence: 3, firstSample: 12_000, sampleCount: 4000 };
const AUDIO = Buffer.from('a stretch of somebody speaking in confidence');

describe('createSegmentCipher', () => {
  it('gives back what was sealed, whatever it was', () => {
    const cipher = createSegmentCipher(KEYS);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.nat(), fc.string({ minLength: 1 }), (payload, sequence, recordingId) => {
        const place = { ...PLACE, recordingId, sequence };
        expect(Buffer.from(cipher.open(cipher.seal(payload, place), place)).equals(payload)).toBe(true);
      }),
    );
  });

  it('shows nothing of the audio, and never the same twice', () => {
    const cipher = createSegmentCipher(KEYS);
    const sealed = [cipher.seal(AUDIO, PLACE), cipher.seal(AUDIO, PLACE)].map((bytes) => Buffer.from(bytes));
    for (const bytes of sealed) expect(bytes.includes(AUDIO.subarray(0, 8))).toBe(false);
    expect(sealed[0]?.equals(sealed[1] ?? Buffer.alloc(0))).toBe(false);
  });

  it('opens a segment in its own place only', () => {
    const cipher = createSegmentCipher(KEYS);
    const sealed = cipher.seal(AUDIO, PLACE);
    const moved = [{ sequence: 4 }, { recordingId: 'rec-2' }, { firstSample: 8000 }, { sampleCount: 3999 }, { kind: 'result' }];
    for (const elsewhere of moved.map((change) => ({ ...PLACE, ...change }))) {
      expect(() => cipher.open(sealed, elsewhere)).toThrow(expect.objectContaining({ code: 'media.lost' }));
    }
  });

  it('finds every flipped bit and every cut', () => {
    const cipher = createSegmentCipher(KEYS);
    const sealed = Buffer.from(cipher.seal(AUDIO, PLACE));
    for (let index = 4; index < sealed.length; index++) {
      const altered = Buffer.from(sealed);
      altered[index] = (altered[index] ?? 0) ^ 1;
      // The id of the key stands in bytes of its own: changed, it is another key's.
      const code = index >= 5 && index < 5 + KEYS.keyId.length ? 'gateway.unavailable' : expect.stringMatching(/^(media\.lost|gateway\.unavailable)$/);
      expect(() => cipher.open(altered, PLACE)).toThrow(expect.objectContaining({ code }));
      expect(() => cipher.open(sealed.subarray(0, index), PLACE)).toThrow(RecgateError);
    }
  });

  it('still opens what an older key sealed, and nothing without that key', () => {
    const sealed = createSegmentCipher(KEYS).seal(AUDIO, PLACE);
    const rotated = createSegmentCipher({ ...newMasterKey(), previousKeys: [KEYS] });
    expect(Buffer.from(rotated.open(sealed, PLACE)).equals(AUDIO)).toBe(true);
    const refusal = { code: 'gateway.unavailable', message: expect.stringContaining(`"${KEYS.keyId}", which is not there`) };
    expect(() => createSegmentCipher({ ...newMasterKey() }).open(sealed, PLACE)).toThrow(expect.objectContaining(refusal));
  });

  it('takes nothing that is not sealed', () => {
    expect(() => createSegmentCipher(KEYS).open(AUDIO, PLACE)).toThrow(expect.objectContaining({ code: 'media.lost' }));
  });
});
