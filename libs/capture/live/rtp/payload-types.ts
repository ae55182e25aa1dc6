import { decodeAlaw, decodeL16, decodeMulaw, encodeAlaw, encodeL16, encodeMulaw } from '#libs/media';
import { RecgateError } from '#libs/recording-model';

/** Audio codecs of RTP legs, by their names in SDP. */
export type RtpCodec = 'PCMU' | 'PCMA' | 'L16';

/** A payload type as it was negotiated. */
export interface RtpPayloadType {
  readonly payloadType: number;
  readonly codec: RtpCodec;
  /** Clock rate: 8000 for PCMU and PCMA, 8000 or 16000 for L16. */
  readonly sampleRate: 8000 | 16000;
}

/** The static payload types of RFC 3551 that can be recorded. */
export const STATIC_PAYLOAD_TYPES: readonly RtpPayloadType[] = [
  { payloadType: 0, codec: 'PCMU', sampleRate: 8000 },
  { payloadType: 8, codec: 'PCMA', sampleRate: 8000 },
];

interface CodecRow {
  readonly bytesPerSample: 1 | 2;
  readonly sampleRates: readonly number[];
  /** Decodes `src[from..to)` into `dst` from `dstOffset` on. */
  readonly decode: (src: Uint8Array, dst: Int16Array, dstOffset: number, from: number, to: number) => void;
  readonly encode: (src: Int16Array, dst: Uint8Array, dstOffset: number) => void;
}

export const RTP_CODECS = {
  PCMU: { bytesPerSample: 1, sampleRates: [8000], decode: decodeMulaw, encode: encodeMulaw },
  PCMA: { bytesPerSample: 1, sampleRates: [8000], decode: decodeAlaw, encode: encodeAlaw },
  L16: { bytesPerSample: 2, sampleRates: [8000, 16000], decode: decodeL16, encode: encodeL16 },
} as const satisfies Record<RtpCodec, CodecRow>;

/**
 * Looks over what was negotiated for a leg.
 * @throws RecgateError `media.format` when there is none, a codec does not go with its rate, or the rates differ.
 */
export function checkPayloadTypes(types: readonly RtpPayloadType[], telephoneEvent: number | null): void {
  const [first] = types;
  if (first === undefined) throw new RecgateError('media.format', 'An RTP leg needs at least one payload type');
  for (const { payloadType, codec, sampleRate } of types) {
    const rates: readonly number[] = RTP_CODECS[codec].sampleRates;
    if (!rates.includes(sampleRate)) throw new RecgateError('media.format', `${codec} at ${sampleRate} Hz cannot be recorded over RTP`);
    if (sampleRate !== first.sampleRate) throw new RecgateError('media.format', 'The payload types of one leg must share one clock rate');
    if (!isPayloadType(payloadType) || payloadType === telephoneEvent) throw new RecgateError('media.format', `Payload type ${payloadType} cannot be used for ${codec}`);
  }
  if (telephoneEvent !== null && !isPayloadType(telephoneEvent)) {
    throw new RecgateError('media.format', `Payload type ${telephoneEvent} cannot be used for telephone-event`);
  }
}

function isPayloadType(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 127;
}
