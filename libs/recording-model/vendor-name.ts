/** The vendors whose dialect the gateway speaks. A fifth vendor is one more word here and one folder in `vendor-adapters`. */
export const VENDOR_NAMES = ['flexml', 'kazoo', 'aculab', 'sinch'] as const;

export type VendorName = (typeof VENDOR_NAMES)[number];

/** True when the text names a vendor the gateway speaks. */
export function isVendorName(text: string): text is VendorName {
  return (VENDOR_NAMES as readonly string[]).includes(text);
}
