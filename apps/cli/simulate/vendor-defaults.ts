import type { CallIdentity, IdSource, VendorName } from '#libs/recording-model';

/** Where the document is taken to come from when `--document-url` does not say it. */
export const DOCUMENT_URLS: Readonly<Record<VendorName, string>> = {
  flexml: 'https://app.example.com/flexml',
  kazoo: 'https://app.example.com/callflow',
  aculab: 'https://app.example.com/first',
  sinch: 'https://app.example.com/callback',
};

/** Media time 0 when `--start-time` does not say it. */
export const START_TIME = '2026-01-05T09:00:00.000Z';

const CALL_IDS: Readonly<Record<VendorName, (ids: IdSource) => string>> = {
  flexml: (ids) => ids.hex(32),
  kazoo: (ids) => `${ids.hex(8)}@192.0.2.10`,
  aculab: (ids) => `${ids.hex(16)}.${String(parseInt(ids.hex(8), 16) % 1_000_000).padStart(6, '0')}`,
  sinch: (ids) => ids.uuid(),
};

/** A call between two example numbers, with a call id in the vendor's own form. */
export function defaultIdentity(vendor: VendorName, ids: IdSource): Omit<CallIdentity, 'vendor'> {
  const realm = vendor === 'kazoo' ? '@sip.example.com' : '';
  return {
    callId: CALL_IDS[vendor](ids),
    from: `+12025550101${realm}`,
    to: `+12025550102${realm}`,
    direction: 'inbound',
  };
}
